"""Real processes for the promises of the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from tests.own_redis import OwnRedis
from tests.processes import Stack, running
from tests.promises import figures


def pytest_configure(config: pytest.Config) -> None:
    figures.show_on(config)


@pytest.fixture(scope="session", autouse=True)
def budgets() -> None:
    """The promises keep the check on; so many clients at one address need larger numbers."""
    if figures.FULL:
        figures.figures("budgets", account=settings.BUDGET_ACCOUNT, address=settings.BUDGET_ADDRESS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Path:
    """For what all tests of a file share, which may use the test database."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """One for all tests of a file, as is the web process that uses it: `away` leaves it as it was."""
    server = OwnRedis(folder)
    server.start()
    with override_settings(REDIS_URL=server.url):
        yield server
    server.kill()


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Stack]:
    """The web process alone, one for all tests of a file."""
    with running(folder / "mails", "web") as stack:
        yield stack
