"""Fixtures of all tests."""

from __future__ import annotations

import pytest

from domains.accounts.models import User
from tests.api import Api
from tests.factories import StaffFactory, UserFactory


@pytest.fixture
def customer(db: None) -> User:
    return UserFactory.create()


@pytest.fixture
def staff_member(db: None) -> User:
    return StaffFactory.create()


@pytest.fixture
def nobody(db: None) -> Api:
    """An API client without a token."""
    return Api()


@pytest.fixture
def api(customer: User) -> Api:
    """An API client of `customer`."""
    return Api(customer)


@pytest.fixture
def staff(staff_member: User) -> Api:
    """An API client of `staff_member`."""
    return Api(staff_member)
