"""Web threads that may be kept busy by passwords at once, computing or waiting: the others go on answering."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

PLACES = max(1, settings.WEB_THREADS * 3 // 4)

_places = threading.BoundedSemaphore(PLACES)


class NoPlace(Exception):
    """All are taken."""


@contextmanager
def place() -> Iterator[None]:
    """Around work that takes long or waits for such work. Raises NoPlace, at once."""
    if not _places.acquire(blocking=False):
        raise NoPlace
    try:
        yield
    finally:
        _places.release()
