"""The environment that settings are read from, and `.env`."""

from __future__ import annotations

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

MIN_SECRET_CHARACTERS = 32
SECRET_RULE = f"a random secret of at least {MIN_SECRET_CHARACTERS} characters"
PUBLIC_SECRET = "development-only-never-accepted-in-production"  # noqa: S105  # anybody can read it here


class Env(environ.Env):  # type: ignore[misc]
    """Variables, with one kind more."""

    def limit(self, name: str, *, default: int) -> int:
        """A number that is 1 or more: none at all would be an error at every request, this one is an error at once."""
        value = int(self.int(name, default=default))
        if value < 1:
            raise ImproperlyConfigured(f"{name} must be 1 or more, not {value}")
        return value


def is_secret(value: str) -> bool:
    """Whether the value is long enough and none that everybody can read in an example."""
    return len(value) >= MIN_SECRET_CHARACTERS and not any(
        known in value for known in ("development-only", "insecure", "change-me")
    )


env = Env()
environ.Env.read_env(Path(__file__).resolve().parents[2] / ".env")
