"""What may compute for long does so one at a time: a process has one interpreter lock, and everybody needs it.

Four threads that execute heavy documents leave a fifth of the processor to a small one, in turns of 5 ms each. So heavy
operations have threads of their own, of which one computes; the others wait for it, or for the database. While one
computes, it lets others in SWITCH_SECONDS after they ask, and between two pieces of its work it waits for the quick
requests that are under way: each change of the lock's owner costs these about as much as they compute in between. Then
it computes for as long as it has waited, at least.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from domains.common.guard import deadline

THREADS = 3  # of a process for heavy operations; more than one, because they wait for statements, too
DEAR_SECONDS = 0.005  # of computing: what takes longer counts as heavy
SWITCH_SECONDS = 0.0001
WAY_SECONDS = 0.005  # at most, that a heavy operation waits for quick requests at once
LONG_PIECE_SECONDS = 0.02  # that it computes at least when they have not gone by then: they may wait themselves
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


class _Collecting(threading.local):
    """How long this thread has collected garbage, which is everybody's, in seconds."""

    began = seconds = 0.0

    def __call__(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self.began = time.thread_time()
        else:
            self.seconds += time.thread_time() - self.began


_collecting = _Collecting()
gc.callbacks.append(_collecting)


def computed() -> float:
    """Seconds that this thread has computed, without collecting garbage.

    A full collection takes 25 ms and more, wherever it is met: a light document that counted it would be heavy for its
    next few times, and wait behind those that are.
    """
    return time.thread_time() - _collecting.seconds


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


class _Way(threading.local):
    next_at = 0.0  # seconds of this thread's computing, when it waits again


class Quick:
    """How many requests are under way that are not heavy, nor of event streams. Changed on the event loop alone."""

    def __init__(self) -> None:
        self.count = 0
        self._way = _Way()
        self._nobody = threading.Event()
        self._nobody.set()

    def begin(self) -> None:
        """One more."""
        self.count += 1
        if self.count == 1:
            self._nobody.clear()

    def end(self) -> None:
        """One less."""
        self.count -= 1
        if self.count == 0:
            self._nobody.set()

    def go_first(self) -> None:
        """Wait until there is none, for WAY_SECONDS at most. For the one thread whose turn it is."""
        if self._nobody.is_set() or time.thread_time() < self._way.next_at:
            return
        began = time.monotonic()
        sys.setswitchinterval(_USUAL_SWITCH)
        gone = self._nobody.wait(WAY_SECONDS)
        sys.setswitchinterval(SWITCH_SECONDS)
        self._way.next_at = time.thread_time() + (time.monotonic() - began if gone else LONG_PIECE_SECONDS)


quick = Quick()
_turns = Turns()
_computing: ContextVar[bool] = ContextVar("computing", default=False)


@contextmanager
def alone() -> Iterator[None]:
    """Around a heavy operation: no other one computes meanwhile. Raises Stopped when the wait took too long."""
    _turns.take()
    token = _computing.set(True)
    try:
        quick.go_first()
        deadline.check()
        yield
    finally:
        _computing.reset(token)
        _turns.give()


def give_way() -> None:
    """Between two pieces of an operation: if it is heavy, quick requests go first."""
    if _computing.get():
        quick.go_first()


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
    quick.go_first()


@contextmanager
def waiting() -> Iterator[None]:
    """Around a wait for a neighbour."""
    paused = pause()
    try:
        yield
    finally:
        if paused:
            resume()
