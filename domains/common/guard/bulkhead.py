"""Bulkheads: slow work of one kind gets a share of the web threads, so that everything else goes on being answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from django.conf import settings

from domains.common.errors import ServiceUnavailableError

QUEUE_FACTOR = 8  # for each thread of a bulkhead so many requests may queue


class BulkheadFullError(ServiceUnavailableError):
    """All threads of a bulkhead are taken, or too many requests queue for one."""


class Bulkhead:
    """At most `threads` web threads of this process do this work at once.

    Requests that name it (`mark` is in their body) queue for a thread where waiting is free, on the event loop: the
    bridge sees to that. It is no guard: a body can be spelled otherwise. So the work itself is within `enter`, which
    refuses what came without queueing when all threads are taken.
    """

    def __init__(self, *, threads: int, mark: bytes) -> None:
        self.threads = threads
        self.mark = mark
        self._free = threading.BoundedSemaphore(threads)
        self._turns = asyncio.Semaphore(threads)
        self._queued = 0  # changed on the event loop alone

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
            await self._turns.acquire()
        finally:
            self._queued -= 1
        try:
            yield
        finally:
            self._turns.release()


# Hashing, and waiting for attempts that hash. All mutations that do so have an input field that ends in this.
PASSWORDS = Bulkhead(threads=max(1, settings.WEB_THREADS // 2), mark=b"assword")
