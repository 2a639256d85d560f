"""Scalars of the contract. All of them are strings on the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

MAX_DECIMAL_CHARACTERS = 40


class SafeError(GraphQLError):
    """An error with a message of our own, which holds nothing that a client sent: it may be logged and shown."""


def _parse_decimal(value: object) -> Decimal:
    """A finite decimal of at most MAX_DECIMAL_CHARACTERS; numbers are accepted as they were written."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) > MAX_DECIMAL_CHARACTERS:
        raise SafeError('A Decimal is a string such as "29.99"')
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise SafeError('A Decimal is a string such as "29.99"') from None
    if not number.is_finite() or abs(number.adjusted()) > MAX_DECIMAL_CHARACTERS:
        raise SafeError("A Decimal is a finite number of reasonable size")
    return number


def _parse_datetime(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise SafeError('A DateTime is RFC 3339 with an offset, such as "2026-01-31T12:00:00Z"')


def _parse_uuid(value: object) -> UUID:
    try:
        if isinstance(value, str):
            return UUID(value)
    except ValueError:
        pass
    raise SafeError('A UUID looks like "0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f"')


def _serialize_datetime(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _scalar(parse: Callable[[object], Any], **declared: Any) -> ScalarDefinition:
    """A scalar that says of a bad value in a document where it stands."""

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        try:
            return parse(value_from_ast_untyped(node, variables))
        except SafeError as error:
            raise SafeError(error.message, nodes=node) from None

    made: ScalarDefinition = strawberry.scalar(parse_value=parse, parse_literal=parse_literal, **declared)
    return made


SCALARS: dict[Any, ScalarDefinition] = {
    Decimal: _scalar(
        _parse_decimal,
        name="Decimal",
        description='An exact decimal number, a string on the wire: "29.99".',
        serialize=lambda value: format(value, "f"),
    ),
    datetime: _scalar(
        _parse_datetime,
        name="DateTime",
        description='A moment in UTC, RFC 3339 with offset: "2026-01-31T12:00:00+00:00".',
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=_serialize_datetime,
    ),
    UUID: _scalar(
        _parse_uuid,
        name="UUID",
        description="A universally unique identifier, RFC 9562; case does not matter.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc9562",
        serialize=str,
    ),
}
