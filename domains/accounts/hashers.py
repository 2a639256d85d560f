"""Argon2id at 19 MiB (OWASP's first recommendation): Django's 100 MiB a login would let anybody exhaust the memory."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class ModestArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id, 2 passes over 19 MiB, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
