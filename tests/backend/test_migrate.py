"""A migration beside a long transaction: nobody waits behind it, and it is done when the transaction is over."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from backend.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = "SELECT count(*) FROM information_schema.columns WHERE table_name LIKE 'migrating_%' AND column_name = '{}'"


class Ear(io.StringIO):
    """Does something, once, when the command says something."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._then = then

    def write(self, text: str) -> int:
        then, self._then = self._then, lambda: None
        then()
        return super().write(text)


def connected() -> psycopg.Connection:
    known = connection.get_connection_params()
    where = {name: known[name] for name in ("host", "port", "user", "password", "dbname") if name in known}
    return psycopg.connect(**where, application_name="a report")


def columns(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS.format(name))
        (count,) = cursor.fetchone()
    return int(count)


@pytest.fixture(autouse=True)
def tables(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(migrate, "FIRST_PAUSE", 0.01)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.backend.migrating"]
    call_command("migrate", "migrating", "0001", verbosity=0)
    yield
    call_command("migrate", "migrating", "zero", verbosity=0)


@pytest.fixture
def rival() -> Iterator[psycopg.Connection]:
    """To read the second table, in a transaction that stays open."""
    with connected() as rival:
        yield rival


@pytest.mark.parametrize(("before", "migration", "column"), [("0001", "0002", "whole"), ("0002", "0003", "parts")])
def test_a_long_transaction_delays_a_migration_and_nobody_behind_it(
    rival: psycopg.Connection, before: str, migration: str, column: str
) -> None:
    call_command("migrate", "migrating", before, verbosity=0)
    rival.execute("SELECT FROM migrating_b")

    def others_read_then_the_rival_ends() -> None:
        with connected() as other:
            other.execute("SET lock_timeout = 10")
            other.execute("SELECT FROM migrating_a, migrating_b")
        rival.rollback()

    ear = Ear(others_read_then_the_rival_ends)
    call_command("migrate", "migrating", migration, verbosity=0, stderr=ear)
    assert columns(column) == 2
    assert "ALTER TABLE migrating_b" in ear.getvalue()
    assert f"held by process {rival.info.backend_pid} (" in ear.getvalue()
    assert "a report, idle in transaction" in ear.getvalue()


def test_a_migration_that_never_gets_its_lock_ends_and_has_changed_nothing(
    rival: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TRIES", 2)
    rival.execute("SELECT FROM migrating_b")
    ear = Ear()
    with pytest.raises(CommandError, match=r"migrating_b .* held by process \d+ .* migrate again"):
        call_command("migrate", "migrating", "0002", verbosity=0, stderr=ear)
    rival.rollback()
    assert ear.getvalue().count("Try ") == 2
    assert columns("whole") == 0


def test_one_process_migrates_at_a_time() -> None:
    with connected() as other:
        other.execute(migrate._MINE)
        ear = Ear(other.rollback)
        call_command("migrate", "migrating", "0003", verbosity=0, stderr=ear)
    assert "waiting for it" in ear.getvalue()
    assert columns("parts") == 2
