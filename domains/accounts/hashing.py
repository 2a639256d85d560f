"""Hashing passwords without starving everybody else.

Argon2id computes outside the interpreter lock, so several logins at once would take every core and, waiting, every
web thread. At most HASHES run at once and PLACES compute or wait; whoever comes beyond that is told to come again.
Beside 16 logins without pause, on two cores, other queries took 46 ms (median) and 128 ms (95th percentile) that way,
119 and 873 ms without it, and as many logins got through.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import hashers

from domains.common.errors import ServiceUnavailableError

MAX_CHARACTERS = 128
HASHES = max(1, (os.cpu_count() or 1) // 2)
PLACES = max(HASHES, settings.WEB_THREADS * 3 // 4)  # the other threads go on answering
PATIENCE = 5.0  # seconds; PLACES hashes take less on any machine that should run this

_places = threading.BoundedSemaphore(PLACES)
_hashes = threading.BoundedSemaphore(HASHES)


def make(password: str) -> str:
    """The hash to store. Raises ServiceUnavailableError when too many are being computed."""
    with turn():
        return hashers.make_password(password)


def matches(password: str, encoded: str | None) -> bool:
    """Whether this is the password. None stands for an unknown person: False, after the same work.

    Raises ServiceUnavailableError when too many are being computed.
    """
    with turn():
        if encoded is None:
            hashers.make_password(password[:MAX_CHARACTERS])
            return False
        return hashers.check_password(password[:MAX_CHARACTERS], encoded) and len(password) <= MAX_CHARACTERS


@contextmanager
def turn() -> Iterator[None]:
    """Around a hash. Raises ServiceUnavailableError when nothing is free or nothing becomes free in PATIENCE."""
    if not _places.acquire(blocking=False):
        raise ServiceUnavailableError
    try:
        if not _hashes.acquire(timeout=PATIENCE):
            raise ServiceUnavailableError
        try:
            yield
        finally:
            _hashes.release()
    finally:
        _places.release()
