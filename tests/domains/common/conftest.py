"""Fixtures of the common domain's tests."""

from __future__ import annotations

from tests.domains.common.promise import promise

__all__ = ["promise"]
