"""The environment that settings are read from, and `.env`."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

MIN_SECRET_CHARACTERS = 32
MIN_SECRET_BITS = 96  # by how often each character occurs: 32 random hex digits have some 115
SECRET_RULE = f"a random secret of at least {MIN_SECRET_CHARACTERS} characters"
PUBLIC_SECRET = "development-only-never-accepted-in-production"  # noqa: S105  # anybody can read it here


class Env(environ.Env):  # type: ignore[misc]
    """Variables, with one kind more."""

    def limit(self, name: str, *, default: int, least: int = 1) -> int:
        """A number of `least` or more: fewer would be an error at every request, this one is an error at once."""
        value = int(self.int(name, default=default))
        if value < least:
            raise ImproperlyConfigured(f"{name} must be {least} or more, not {value}")
        return value


def is_secret(value: str) -> bool:
    """Whether the value is long enough, looks random, and is none that everybody can read in an example."""
    known = any(word in value for word in ("development-only", "insecure", "change-me"))
    return len(value) >= MIN_SECRET_CHARACTERS and not known and not _is_repetitive(value)


def _is_repetitive(value: str) -> bool:
    """Whether few characters make it up, or it is the same again after at most half of its length."""
    bits = sum(count * math.log2(len(value) / count) for count in Counter(value).values())
    return bits < MIN_SECRET_BITS or any(value.startswith(value[end:]) for end in range(1, len(value) // 2 + 1))


env = Env()
environ.Env.read_env(Path(__file__).resolve().parents[2] / ".env")
