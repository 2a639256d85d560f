"""Bulkheads: slow work of one kind gets a share of the web threads, so that everything else goes on being answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from django.conf import settings

from domains.common.errors import ServiceUnavailableError

QUEUE_FACTOR = 16  # for each thread of a bulkhead so many requests may queue


class BulkheadFullError(ServiceUnavailableError):
    """All threads of a bulkhead are taken, or too many requests queue for one."""


class Bulkhead:
    """At most `threads` web threads of this process do this work at once.

    Requests that name it (`mark` is in their body) queue for a thread where waiting is free, on the event loop: the
    bridge sees to that. It is no guard: a body can be spelled otherwise. So the work itself is within `enter`, which
    refuses what came without queueing when all threads are taken.

    When nothing has left the bulkhead for `patience` seconds, what it calls hangs: then nobody queues any more, and
    `enter` refuses at once.
    """

    def __init__(self, *, threads: int, mark: bytes, patience: float | None = None, name: str = "") -> None:
        self.name = name
        self.threads = threads
        self.mark = mark
        self._patience = patience
        self._free = threading.BoundedSemaphore(threads)
        self._turns = asyncio.Semaphore(threads)
        self._queued = 0  # changed on the event loop alone, as is the next
        self._moved = 0.0  # when a turn last began or ended, on its clock

    @property
    def busy(self) -> int:
        """How many threads do this work."""
        return self.threads - self._free._value

    @property
    def waiting(self) -> int:
        """How many requests queue for one."""
        return self._queued

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Around the work, on a web thread. Raises BulkheadFullError, at once, when all threads are taken."""
        if not self._free.acquire(blocking=False):
            raise BulkheadFullError
        try:
            yield
        finally:
            self._free.release()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Around a request that names this work, on the event loop: first come, first served.

        Raises BulkheadFullError, at once, when QUEUE_FACTOR * `threads` requests are queueing.
        """
        if self._queued >= QUEUE_FACTOR * self.threads:
            raise BulkheadFullError
        self._queued += 1
        try:
            has_turn = await self._wait()
        finally:
            self._queued -= 1
        self._moved = asyncio.get_running_loop().time() if has_turn else self._moved
        try:
            yield
        finally:
            if has_turn:
                self._moved = asyncio.get_running_loop().time()
                self._turns.release()

    async def _wait(self) -> bool:
        """Until it is our turn; False when the bulkhead stands still."""
        if not self._turns.locked():
            return await self._turns.acquire()
        acquiring, has_turn = asyncio.ensure_future(self._turns.acquire()), False
        try:
            while not acquiring.done() and (left := self._still_patient()) != 0:
                await asyncio.wait([acquiring], timeout=left)
            has_turn = acquiring.done()
        finally:
            if not has_turn and not acquiring.cancel():  # it came as our client left
                self._turns.release()
        return has_turn

    def _still_patient(self) -> float | None:
        """For how many seconds; None: however long it takes."""
        if self._patience is None:
            return None
        return max(0.0, self._moved + self._patience - asyncio.get_running_loop().time())


# Hashing, and waiting for attempts that hash. All mutations that do so have an input field that ends in this.
PASSWORDS = Bulkhead(name="passwords", threads=max(1, settings.WEB_THREADS // 4), mark=b"assword")
# Calls to the payment provider, and waiting for those of others. So the two leave a quarter of the threads to all else.
PAYMENTS = Bulkhead(name="payments", threads=max(1, settings.WEB_THREADS // 2), mark=b"idempotencyKey", patience=1.0)
BULKHEADS = (PASSWORDS, PAYMENTS)
