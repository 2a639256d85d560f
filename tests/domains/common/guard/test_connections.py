"""The budget of database connections: a deployment that does not fit is told so before it serves anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from domains.common.guard import connections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offered() -> Iterator[int]:
    """The database takes one connection fewer than the deployment may open."""
    limit = connections.needed() - 1
    allow(limit)
    yield limit
    allow(-1)


def allow(limit: int) -> None:
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} CONNECTION LIMIT {limit}")


def test_what_fits_starts() -> None:
    connections.check()
    assert connection.connection is None  # it leaves nothing open


def test_what_does_not_fit_is_refused_with_the_figures(offered: int) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"are {offered + 1}; the server offers {offered}"):
        connections.check()


@pytest.mark.parametrize("command", ["relay", "check_connections"])
def test_neither_relay_nor_web_server_start_then(offered: int, command: str) -> None:
    with pytest.raises((ImproperlyConfigured, CommandError), match="Refusing to start"):
        call_command(command)


def test_more_web_processes_need_more(settings: Settings) -> None:
    one = connections.needed()
    settings.GRANIAN_WORKERS = 4
    assert connections.needed() - one == 3 * connections.of_a_web_process()
