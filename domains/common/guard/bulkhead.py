"""Bulkheads: slow work of one kind gets a share of the web threads, so that everything else goes on being answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from domains.common.errors import ServiceUnavailableError


class BulkheadFullError(ServiceUnavailableError):
    """All threads of a bulkhead are taken."""


class Bulkhead:
    """At most `threads` web threads of this process do this work at once."""

    def __init__(self, *, threads: int) -> None:
        self.threads = threads
        self._free = threading.BoundedSemaphore(threads)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Around the work, on a web thread. Raises BulkheadFullError, at once, when all threads are taken."""
        if not self._free.acquire(blocking=False):
            raise BulkheadFullError
        try:
            yield
        finally:
            self._free.release()


# Hashing, and waiting for attempts that hash.
PASSWORDS = Bulkhead(threads=max(1, settings.WEB_THREADS // 2))
