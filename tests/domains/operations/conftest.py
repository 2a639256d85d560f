"""Fixtures of what staff see of the outbox's tests."""

from __future__ import annotations

from tests.domains.common.promise import promise

__all__ = ["promise"]
