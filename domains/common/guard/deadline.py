"""How long one request may take, and whether its client still waits for it.

Asked before a batch is read, before and during a statement, and before the answer is written. A mutation has none: it
may be waiting for a payment provider, and it runs to its end whoever has left.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ENVIRON_KEY = "ordergraph.deadline"  # where the WSGI environment of a request has one that hears of its client


class Stopped(BaseException):
    """The request goes no further; milliseconds that it took and that it may take.

    No Exception: that would be an error of one field, and all the others would still be asked.
    """

    def __init__(self, measured: int, allowed: int) -> None:
        super().__init__(measured, allowed)
        self.measured, self.allowed = measured, allowed


class Deadline:
    """Of one request. `abandon` may be called from any thread, the rest belongs to the thread of the request."""

    def __init__(self) -> None:
        self._abandoned = False
        self._began = self._seconds = 0.0

    def abandon(self) -> None:
        """The client has left: nothing more is read for it."""
        self._abandoned = True

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """All that this thread reads in here is held to it. Raises Stopped from within."""
        self._began, self._seconds = time.monotonic(), seconds
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def check(self) -> None:
        """Raises Stopped when the time is up, or the client has left."""
        took = time.monotonic() - self._began
        if self._abandoned or took > self._seconds:
            raise Stopped(round(took * 1000), round(self._seconds * 1000))


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def check() -> None:
    """Raises Stopped when the request of this thread has a deadline that is over."""
    if (deadline := _current.get()) is not None:
        deadline.check()
