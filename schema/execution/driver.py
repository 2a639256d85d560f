"""Runs coroutines to their end without an event loop.

Everything that can run runs first, in the order asyncio would run it; when nothing can, the waiting loaders are called
in one wave. That order is kept on purpose: which of two errors under a nulled field is reported depends on it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
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

    __slots__ = ("awaitables", "error", "running", "tasks", "waiter")

    def __init__(self, *awaitables: Awaitable[Any]) -> None:
        self.awaitables = awaitables
        self.error: Exception | None = None
        self.running = len(awaitables)
        self.tasks: list[Task] = []
        self.waiter: Task

    def __await__(self) -> Generator[Gather, None, list[Any]]:
        yield self
        if self.error is not None:
            for task in self.tasks:
                task.close()
            raise self.error
        return [task.value for task in self.tasks]


class Task:
    """A coroutine on its way."""

    __slots__ = ("coroutine", "error", "finished", "gather", "value", "waits_for")

    def __init__(self, awaitable: Awaitable[Any], gather: Gather | None) -> None:
        self.coroutine = awaitable if isinstance(awaitable, CoroutineType) else _await(awaitable)
        self.gather = gather
        self.finished = False
        self.value: Any = None
        self.error: Exception | None = None
        self.waits_for: object = None

    def close(self) -> None:
        """Give up this task and those it waits for."""
        if not self.finished:
            self.finished = True
            discard(self.coroutine)
            if isinstance(self.waits_for, Gather):
                for task in self.waits_for.tasks:
                    task.close()


class Driver:
    """Drives one awaitable. ``dispatch`` calls the waiting loaders and tells whether there were any."""

    def __init__(self, dispatch: Callable[[], bool]) -> None:
        self._dispatch = dispatch
        # What runs next: a task to resume, or a finished one whose gather has not heard of it yet.
        self._ready: deque[Task] = deque()

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """The awaitable's value, or its error. RuntimeError when it waits for something no loader will load."""
        root = Task(awaitable, None)
        self._ready.append(root)
        try:
            self._run_until_finished(root)
        finally:
            root.close()
        if root.error is not None:
            raise root.error
        return root.value

    def _run_until_finished(self, root: Task) -> None:
        ready, step, report = self._ready, self._step, self._report
        while True:
            while ready:
                task = ready.popleft()
                if task.finished:
                    report(task)
                else:
                    step(task)
                    if root.finished:
                        return
            if not self._dispatch():
                raise RuntimeError(NEVER_SETTLED)

    def _step(self, task: Task) -> None:
        try:
            awaited = task.coroutine.send(None)
            while not self._wait(task, awaited):
                awaited = task.coroutine.throw(RuntimeError(NEEDS_EVENT_LOOP.format(awaited)))
        except StopIteration as stop:
            task.value = stop.value
        except Exception as error:
            task.error = error
        else:
            return
        task.finished = True
        self._ready.append(task)

    def _wait(self, task: Task, awaited: object) -> bool:
        task.waits_for = awaited
        if isinstance(awaited, Gather):
            awaited.waiter = task
            awaited.tasks = [Task(each, awaited) for each in awaited.awaitables]
            self._ready.extend(awaited.tasks)
            return True
        if isinstance(awaited, Deferred):
            awaited.subscribe(partial(self._ready.append, task))
            return True
        return False

    def _report(self, task: Task) -> None:
        gather = task.gather
        if gather is None or gather.error is not None:
            return
        gather.running -= 1
        if task.error is not None:
            gather.error = task.error
            self._ready.append(gather.waiter)
        elif not gather.running:
            self._ready.append(gather.waiter)


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
        if isinstance(value, dict):
            values.extend(value.values())
        elif isinstance(value, list | tuple):
            values.extend(value)
        else:
            values.append(value)
    return values


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
