"""Budgets that a test can use up."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import Settings

from domains.common.guard import budgets


def small_budget(units: int, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many units an account, in buckets of this test's own, of which none comes back within it."""
    monkeypatch.setattr(budgets, "WINDOW", 100_000)
    monkeypatch.setattr(budgets, "advances", budgets.Advances())
    settings.REDIS_PREFIX += f"{uuid4()}:"
    settings.BUDGET_ACCOUNT = units
