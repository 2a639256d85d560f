"""Runs coroutines to their end without an event loop.

Everything that can run runs first; when nothing can, the waiting loaders are called in one wave. That settles whatever
was waiting, so each coroutine is resumed about once a wave, and nobody has to remember who waits for what.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from inspect import CORO_CREATED, getcoroutinelocals, getcoroutinestate
from types import CoroutineType
from typing import Any

from domains.common.graphql.loaders import Deferred

logger = logging.getLogger(__name__)

NEEDS_EVENT_LOOP = (
    "A resolver awaited {!r}, which needs an event loop. Fields run without one: await a loader, or call plain code."
)
NEVER_SETTLED = "A resolver awaits a value that no loader of this request is going to load."


class Gather:
    """Awaits several awaitables side by side; the first error ends the wait and gives the others up."""

    __slots__ = ("awaitables",)

    def __init__(self, *awaitables: Awaitable[Any]) -> None:
        self.awaitables = awaitables

    def __await__(self) -> Generator[Gather, None, list[Any]]:
        values: list[Any] = [None] * len(self.awaitables)
        running = {place: _coroutine(awaitable) for place, awaitable in enumerate(self.awaitables)}
        try:
            while True:
                for place, coroutine in list(running.items()):
                    try:
                        _resume(coroutine)
                    except StopIteration as stop:
                        values[place] = stop.value
                        del running[place]
                if not running:
                    return values
                yield self
        finally:
            for coroutine in running.values():
                discard(coroutine)


def drive(awaitable: Awaitable[Any], dispatch: Callable[[], bool]) -> Any:
    """The awaitable's value, or its error. `dispatch` calls the waiting loaders and tells whether there were any.

    RuntimeError when it waits for something no loader will load.
    """
    coroutine = _coroutine(awaitable)
    try:
        while True:
            _resume(coroutine)
            if not dispatch():
                raise RuntimeError(NEVER_SETTLED)
    except StopIteration as stop:
        return stop.value
    finally:
        discard(coroutine)


def _resume(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run it until it waits for a loader. Raises its error, and StopIteration with its value."""
    awaited = coroutine.send(None)
    while not isinstance(awaited, Deferred | Gather):
        awaited = coroutine.throw(RuntimeError(NEEDS_EVENT_LOOP.format(awaited)))


def _coroutine(awaitable: Awaitable[Any]) -> Coroutine[Any, Any, Any]:
    return awaitable if isinstance(awaitable, CoroutineType) else _await(awaitable)


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def discard(awaitable: object) -> None:
    """Close a coroutine that nobody is going to await, and those it was going to await (they would warn)."""
    if not isinstance(awaitable, CoroutineType):
        return
    inner = _inner_values(awaitable) if getcoroutinestate(awaitable) == CORO_CREATED else []
    try:
        awaitable.close()
    except Exception:
        logger.warning("A resolver failed while it was given up.", exc_info=True)
    for value in inner:
        discard(value)


def _inner_values(coroutine: Coroutine[Any, Any, Any]) -> list[object]:
    """What a coroutine that has not started holds: its arguments and closure, one level of containers unpacked."""
    values: list[object] = []
    for value in getcoroutinelocals(coroutine).values():
        values += value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
    return values
