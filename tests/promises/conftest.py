"""Real processes for the promises of the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.processes import Stack, running
from tests.promises import figures


def pytest_configure(config: pytest.Config) -> None:
    figures.show_on(config)


@pytest.fixture(scope="session", autouse=True)
def budgets() -> None:
    """The promises keep the check on; so many clients at one address need larger numbers."""
    if figures.FULL:
        figures.figures("budgets", account=settings.BUDGET_ACCOUNT, address=settings.BUDGET_ADDRESS)


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[Stack]:
    """The web process alone."""
    with running(tmp_path / "mails", "web") as stack:
        yield stack
