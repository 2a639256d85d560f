"""What may compute for long does so one at a time: a process has one interpreter lock, and everybody needs it.

Four threads that execute heavy documents leave a fifth of the processor to a small one, in turns of 5 ms each. So heavy
operations have threads of their own, of which one computes; the others wait for it, or for the database. While one
computes, it lets others in SWITCH_SECONDS after they ask.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from domains.common.guard import deadline

THREADS = 3  # of a process for heavy operations; more than one, because they wait for statements, too
DEAR_SECONDS = 0.015  # of computing: what takes longer counts as heavy
SWITCH_SECONDS = 0.0001
ELSEWHERE_KEY = "ordergraph.elsewhere"  # in the WSGI environment of a request that may be begun again elsewhere


class Elsewhere(BaseException):
    """A heavy request, not yet begun, is to be begun on a thread for such.

    No Exception: Django would answer it.
    """


class Experience:
    """How long one document took, compared with its estimate. Until it has run the estimate is believed."""

    def __init__(self) -> None:
        self._share = 1.0

    def is_dear(self, estimate: float) -> bool:
        """Whether executing it, estimated in seconds, is likely to take longer than DEAR_SECONDS."""
        return estimate * self._share > DEAR_SECONDS

    def learn(self, estimate: float, took: float) -> None:
        """The next one is expected to take as much, or halfway to it when it took less. Seconds of computing."""
        share = took / max(estimate, 0.0001)
        self._share = max(share, (self._share + share) / 2)


class Turns:
    """One thread at a time, in the order of coming. Costs a microsecond when nobody waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def take(self) -> None:
        """Wait until it is ours."""
        with self._lock:
            turn = threading.Lock() if self._taken else None
            self._taken = True
            if turn:
                turn.acquire()
                self._waiting.append(turn)
        if turn:
            turn.acquire()  # `give` releases it
        sys.setswitchinterval(SWITCH_SECONDS)

    def give(self) -> None:
        """To who has waited for longest."""
        sys.setswitchinterval(_USUAL_SWITCH)
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


_USUAL_SWITCH = sys.getswitchinterval()
_turns = Turns()
_computing: ContextVar[bool] = ContextVar("computing", default=False)


@contextmanager
def alone() -> Iterator[None]:
    """Around a heavy operation: no other one computes meanwhile. Raises Stopped when the wait took too long."""
    _turns.take()
    token = _computing.set(True)
    try:
        deadline.check()
        yield
    finally:
        _computing.reset(token)
        _turns.give()


def pause() -> bool:
    """This thread is going to wait: others may compute. Whether it has to `resume` afterwards."""
    if paused := _computing.get():
        _computing.set(False)
        _turns.give()
    return paused


def resume() -> None:
    """This thread has waited, and computes on when it is its turn again."""
    _turns.take()
    _computing.set(True)


@contextmanager
def waiting() -> Iterator[None]:
    """Around a wait for a neighbour."""
    paused = pause()
    try:
        yield
    finally:
        if paused:
            resume()
