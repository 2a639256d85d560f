"""The circuit breaker: a neighbour that has stopped answering is asked by one caller now and then, not by all.

No library does it for threads: pybreaker holds a lock during the call, so that calls run one after the other, and
circuitbreaker has none, so that a neighbour that comes back is met by all callers at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakSet

from domains.common.guard import computing
from domains.common.measuring.instruments import gauge
from domains.common.measuring.sampling import sampled

logger = logging.getLogger(__name__)

_open = gauge("breaker_open", "1 while a neighbour is left alone by a process.", "neighbour", mode="livemax")
_breakers: WeakSet[CircuitBreaker] = WeakSet()


class CircuitBreaker:
    """`failures` calls in a row (1 or more) without an answer open it for `pause` seconds, for all threads.

    While it is open calls raise `silence` at once, without touching the network, but for one each `pause` seconds that
    tries. Any answer closes it, one of a call that began long before, too: what was answered is never withheld.
    """

    def __init__(self, name: str, silence: type[Exception], *, failures: int, pause: float) -> None:
        self.pause = pause
        self.name = name
        self._silence = silence
        self._most = failures
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at = self._open_until = 0.0  # on the monotonic clock
        _breakers.add(self)

    @contextmanager
    def call(self, *answers: type[Exception]) -> Iterator[None]:
        """Around a call. `silence` is a failure; the exceptions in `answers` are answers as good as any."""
        began = self.enter()
        try:
            with computing.waiting():
                yield
        except self._silence as error:
            self.failed(error, began)
            raise
        except answers:
            self.answered()
            raise
        self.answered()

    def enter(self) -> float:
        """When the call begins. Raises `silence` while others are to leave the neighbour alone."""
        now = time.monotonic()
        with self._lock:
            if now < self._open_until:
                raise self._silence(f"{self.name} failed a moment ago")
            if self._open_until:
                self._open_until = now + self.pause  # for the others, while this caller tries; it may never come back
        return now

    def answered(self) -> None:
        with self._lock:
            self._failures, self._open_until = 0, 0.0

    def failed(self, error: Exception, began: float) -> None:
        """The call that began then got no answer; those that were under way when it opened change nothing any more."""
        with self._lock:
            self._failures += 1
            if self._failures < self._most or began < self._opened_at:
                return
            self._opened_at = time.monotonic()
            self._open_until = self._opened_at + self.pause
        logger.warning(
            "a neighbour is left alone for a moment", extra={"part": self.name, "error": type(error).__name__}
        )


@sampled
def _look() -> None:
    now = time.monotonic()
    for breaker in list(_breakers):
        _open.labels(breaker.name).set(now < breaker._open_until)
