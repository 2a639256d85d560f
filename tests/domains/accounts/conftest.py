"""Somebody to be guessed at, and an address where nobody has been."""

from __future__ import annotations

import pytest

from domains.accounts.models import User
from tests.domains.accounts.strangers import new_address, newcomer


@pytest.fixture
def owner() -> User:
    return newcomer()


@pytest.fixture
def here() -> str:
    return new_address()
