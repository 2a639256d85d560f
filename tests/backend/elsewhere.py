"""A database that is away, as new connections of the tests' own process find it."""

from __future__ import annotations

import pytest
from django.db import connections

from tests.backend.test_production_settings import load

PASSWORD = "s3cret-word"


def connect_to(port: int, monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """From now on threads that have no connection yet make it as with this port in DATABASE_URL, and `variables`."""
    settings = load(monkeypatch, "test", DATABASE_URL=f"postgres://shop:{PASSWORD}@127.0.0.1:{port}/shop", **variables)
    monkeypatch.setitem(
        connections.settings, "default", connections.settings["default"] | settings.DATABASES["default"]
    )
