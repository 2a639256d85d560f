"""A log line is one JSON object, whatever is logged."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import pytest
from django.db import DatabaseError, connection, transaction

from backend.logging import JsonFormatter
from domains.common.tracing import request_id
from tests.factories import UserFactory

FORMATTER = JsonFormatter()
TWICE = """CREATE TEMPORARY TABLE seen (email text UNIQUE) ON COMMIT DROP;
INSERT INTO seen SELECT email FROM accounts_user UNION ALL SELECT email FROM accounts_user"""


def line(message: str, *arguments: object, exc_info: Any = None, **extra: Any) -> dict[str, Any]:
    """As the formatter writes it."""
    record = logging.LogRecord("shop", logging.WARNING, __file__, 1, message, arguments, exc_info)
    vars(record).update(extra)
    text = FORMATTER.format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = orjson.loads(text)
    return parsed


def test_a_line_has_time_level_logger_message_and_what_was_added() -> None:
    written = line("sold %d", 3, sku="A-1")
    assert written.pop("time").endswith("+00:00")
    assert written == {"level": "WARNING", "logger": "shop", "message": "sold 3", "sku": "A-1"}


def test_a_line_has_the_id_of_the_request_that_caused_it() -> None:
    token = request_id.set("abcd-1234")
    try:
        assert line("x")["request_id"] == "abcd-1234"
    finally:
        request_id.reset(token)
    assert "request_id" not in line("x")


def test_a_message_cannot_forge_a_second_line() -> None:
    assert line('a\n{"level": "ERROR"}')["message"] == 'a\n{"level": "ERROR"}'


def test_an_exception_comes_with_its_traceback() -> None:
    try:
        raise KeyError("lost")
    except KeyError:
        written = line("failed", exc_info=sys.exc_info())
    assert "Traceback" in written["exception"]
    assert "KeyError: 'lost'" in written["exception"]


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, {"a", "b"}, 2**70, "\ud800", b"\xff"],
    ids=["object", "dict", "set", "large", "lone surrogate", "bytes"],
)
def test_nothing_is_too_odd_to_be_logged(value: Any) -> None:
    assert "odd" in line("x", odd=value)


def test_whole_requests_are_left_out() -> None:
    assert line("x", request={"password": "secret"}).keys() == {"time", "level", "logger", "message"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        (TWICE, "duplicate key"),
        ("UPDATE accounts_user SET email = NULL", "null value in column"),
        ("SELECT email::uuid FROM accounts_user", "invalid input syntax for type uuid"),
        ("SELECT email::int FROM accounts_user", "invalid input syntax for type integer"),
    ],
)
def test_what_the_database_tells_of_a_row_is_not_logged(statement: str, kept: str) -> None:
    canary = "canary-row@example.com"
    UserFactory.create(email=canary, name=canary)
    with pytest.raises(DatabaseError, match=canary) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    error = caught.value
    written = line("failed: %s", error, exc_info=(type(error), error, error.__traceback__), error=str(error))
    assert kept in written["exception"]
    assert canary not in written["exception"]
    if "invalid input" not in kept:
        assert canary not in str(written)
