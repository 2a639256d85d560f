"""Scalars of the contract. All of them are strings on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

MAX_DECIMAL_CHARACTERS = 40
# Python takes more than the scalars promise: underscores, spaces, other scripts' digits; week dates, no seconds.
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class SafeError(GraphQLError):
    """An error with a message of our own, which holds nothing that a client sent: it may be logged and shown."""


def _decimal(value: object) -> Decimal:
    """A finite decimal of at most MAX_DECIMAL_CHARACTERS; numbers are accepted as they were written."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) > MAX_DECIMAL_CHARACTERS:
        raise ValueError
    if not _DECIMAL.fullmatch(str(value)):
        raise ValueError
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > MAX_DECIMAL_CHARACTERS:
        raise SafeError("A Decimal is a finite number of reasonable size")
    return number


def _datetime(value: Any) -> datetime:
    if not _DATETIME.fullmatch(value):
        raise ValueError
    return datetime.fromisoformat(value.upper()).astimezone(UTC)


def _scalar(parse: Callable[[Any], Any], rule: str, **declared: Any) -> ScalarDefinition:
    """A scalar that answers `rule` to whatever `parse` cannot read."""

    def parse_value(value: object) -> Any:
        try:
            return parse(value)
        except (ValueError, TypeError, AttributeError, ArithmeticError):
            raise SafeError(rule) from None

    made: ScalarDefinition = strawberry.scalar(parse_value=parse_value, **declared)
    return made


SCALARS: dict[Any, ScalarDefinition] = {
    Decimal: _scalar(
        _decimal,
        'A Decimal is a string such as "29.99"',
        name="Decimal",
        description='An exact decimal number, a string on the wire: "29.99".',
        serialize=lambda value: format(value, "f"),
    ),
    datetime: _scalar(
        _datetime,
        'A DateTime is RFC 3339 with an offset, such as "2026-01-31T12:00:00Z"',
        name="DateTime",
        description='A moment in UTC, RFC 3339 with offset: "2026-01-31T12:00:00+00:00".',
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=lambda moment: moment.astimezone(UTC).isoformat(),
    ),
    UUID: _scalar(
        UUID,
        'A UUID looks like "0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f"',
        name="UUID",
        description="A universally unique identifier, RFC 9562; case does not matter.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc9562",
        serialize=str,
    ),
}
