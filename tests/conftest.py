"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings

from domains.accounts.hashing import ModestArgon2PasswordHasher
from domains.accounts.models import User
from tests import template
from tests.api import Api
from tests.emptying import empty
from tests.factories import StaffFactory, UserFactory
from tests.own_redis import OwnRedis

gc.set_threshold(20_000, 10, 10)  # a tenth of the looks for cycles, which take 6 % of a run

STARTERS = {"subprocess", "Stack", "StripeProxy", "deployed", "manage", "python", "run_tool", "running", "started"}


# Of the others, files that start processes are spread over so much: they wait most of their time while others compute,
# and those that last longest come first, so that no core waits at the end.
SPREAD = 0.75


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait and files that compute take turns, a file at a time."""
    files: dict[Path, int] = {}
    for item in items:
        files.setdefault(item.path, _turn(item))
    waiting = sorted((path for path, turn in files.items() if turn < 2), key=files.__getitem__)
    computing = [path for path, turn in files.items() if turn == 2]
    place = {path: SPREAD * number / len(waiting) for number, path in enumerate(waiting)}
    place |= {path: number / len(computing) for number, path in enumerate(computing)}
    items.sort(key=lambda item: place[item.path])


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: looked through with all else, they make a test 6 % dearer."""
    gc.freeze()


def _turn(item: pytest.Item) -> int:
    """0: promises, the longest, and what starts whole stacks, 1: starts processes, 2: does neither."""
    if item.path.parent.name == "promises":
        return 0
    starts = isinstance(item, pytest.Function) and STARTERS & vars(item.module).keys()
    return (1 if item.get_closest_marker("django_db") else 0) if starts else 2


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """pytest-django's, before it makes the test database."""
    if name := os.environ.get("TEST_TEMPLATE"):
        with django_db_blocker.unblock():
            template.make(name)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's, which drops the database at the end: then nobody may be connected to it."""
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """The connection stays, too, where Django makes one for each test: a new one costs 10 ms of a core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        patch.setattr(TransactionTestCase, "_should_reload_connections", lambda _: False)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_hashing() -> Iterator[None]:
    """Argon2id with little memory, in the process of the tests: what servers of their own hash is hashed in earnest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModestArgon2PasswordHasher, "time_cost", 1)
        patch.setattr(ModestArgon2PasswordHasher, "memory_cost", 8)
        yield


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


@pytest.fixture
def own_redis(tmp_path: Path, settings: Settings) -> Iterator[OwnRedis]:
    """A Redis that the test may stop, pause and empty; this process and those it starts use it."""
    server = OwnRedis(tmp_path)
    server.start()
    settings.REDIS_URL = server.url
    yield server
    server.kill()
