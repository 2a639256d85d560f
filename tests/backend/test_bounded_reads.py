"""The connections of a web process: what a read waits for ends, at the server or here, and writes keep their limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection
from psycopg import waiting

from backend.postgresql import bounded
from backend.postgresql.base import LOOK_SECONDS
from domains.common.data.transactions import short_transaction
from domains.common.guard.deadline import Deadline, Stopped
from tests.factories import CategoryFactory
from tests.schema.wire import body, post

pytestmark = pytest.mark.django_db(transaction=True)
CATEGORIES = {"query": "{ categories { id } }"}
SLEEP = "SELECT pg_sleep(600)"


@contextmanager
def connected(**options: Any) -> Iterator[None]:
    """By new connections with these options."""
    usual = connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict["OPTIONS"] = {**usual, **options}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = usual


def test_a_statement_whose_sending_takes_long_is_still_sent() -> None:
    """What is being sent asks which way is free: it is told so also after a look at the deadline."""
    connection.ensure_connection()
    told: list[int | None] = []

    def sending() -> Any:
        until = time.monotonic() + 2.5 * LOOK_SECONDS
        while time.monotonic() < until:
            told.append((yield waiting.Wait.R))
        return "sent"

    assert connection.connection.wait(sending()) == "sent"
    assert len(told) >= 2
    assert None not in told


@pytest.fixture
def web(settings: LazySettings) -> Iterator[None]:
    """Connected as a web process is, with little patience."""
    settings.DATABASE_READ_SECONDS = 0.2
    with connected(**bounded(connection.settings_dict["OPTIONS"])):
        yield


def ask() -> Any:
    """The code of the answer, None of a good one."""
    answer = body(post(CATEGORIES))
    return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None


@contextmanager
def locked(how: str) -> Iterator[None]:
    """The categories, by another connection."""
    parameters = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor, "context": None}
    with psycopg.connect(**parameters) as other:
        other.execute(how)
        yield
        other.rollback()


def test_a_read_waits_for_a_lock_no_longer_than_it_may_and_is_told_to_come_back(web: None) -> None:
    CategoryFactory.create()
    with locked("LOCK TABLE products_category"):
        assert ask() == "SERVICE_UNAVAILABLE"
    assert ask() is None


def test_the_server_ends_a_long_read_and_a_write_has_its_own_limits(web: None) -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="statement timeout"):
        cursor.execute(SLEEP)
    with short_transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert cursor.fetchone() == ("5s", "2s")


def test_a_server_that_says_nothing_is_away_and_the_next_request_connects_again() -> None:
    with connected(silence=0.2), locked("LOCK TABLE products_category"):
        assert ask() == "SERVICE_UNAVAILABLE"
    assert ask() is None


def test_a_statement_ends_when_its_client_leaves_and_the_connection_goes_on() -> None:
    deadline = Deadline()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()
        threading.Timer(0.2, deadline.abandon).start()
        with pytest.raises(Stopped), deadline.within(60):
            cursor.execute(SLEEP)
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == before
