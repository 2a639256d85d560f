"""Values as PostgreSQL writes them into JSON, letter for letter as the API shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Expression, F, Func, QuerySet, TextField

from domains.common.data.money import CURRENCIES, exponent

_WORD = re.compile(r"[A-Za-z0-9_]+")
_SECONDS = 'YYYY-MM-DD"T"HH24:MI:SS'


class _Template(Func):
    """Text of SQL with columns in the places {0}, {1}."""

    def __init__(self, template: str, *columns: Any) -> None:
        super().__init__(*columns, output_field=TextField())
        self._template = template

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return self._template.format(*(compiler.compile(column)[0] for column in self.source_expressions)), []


class _JsonObject(Func):
    """row_to_json of a row whose columns are the keys: json_build_object writes spaces and takes 50 keys."""

    def __init__(self, pairs: Mapping[str, Any]) -> None:
        super().__init__(*pairs.values(), output_field=TextField())
        self._keys = [_word(key) for key in pairs]

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts = [compiler.compile(value) for value in self.source_expressions]
        columns = ", ".join(f'{part} AS "{key}"' for key, (part, _) in zip(self._keys, parts, strict=True))
        sql = f"(SELECT row_to_json(pairs) FROM (SELECT {columns}) AS pairs)"  # noqa: S608  # names alone
        return sql, [value for _, values in parts for value in values]


def json_object(pairs: Mapping[str, Any]) -> Expression:
    """An object in this order. Raises ValueError for a key that is no name: letters, digits and underscores."""
    return _JsonObject(pairs)


def json_array(rows: QuerySet[Any]) -> Expression:
    """The one column of these rows, in their order."""
    return Func(ArraySubquery(rows), function="to_json", output_field=TextField())


def json_items(column: Any, kind: str, names: Mapping[str, str]) -> Expression:
    """The objects of a JSON list in their order, as objects of this type: under each key the text of that name.

    Raises ValueError for what is no name.
    """
    texts = {key: f"item->>'{_word(name)}'" for key, name in names.items()}
    texts |= {key: f"'{_word(kind)}'" for key, name in names.items() if name == "__typename"}
    pairs = ", ".join(f'{text} AS "{_word(key)}"' for key, text in texts.items())
    one = f"(SELECT row_to_json(pairs) FROM (SELECT {pairs}) AS pairs)"  # noqa: S608  # names alone
    return _Template(f"to_json(ARRAY(SELECT {one} FROM jsonb_array_elements({{0}}) AS item))", column)  # noqa: S608


def literal(word: str) -> Expression:
    """A constant text. Raises ValueError for what is no name."""
    return _Template(f"'{_word(word)}'::text")


def text(column: Any) -> Expression:
    """As PostgreSQL prints it: a decimal with all decimals of its column."""
    return _Template("{0}::text", column)


def moment(column: Any) -> Expression:
    """A moment in UTC as Python's `isoformat` writes it: fractions of a second only where there are any."""
    form = (
        f"""CASE WHEN {{0}} = date_trunc('second', {{0}}) THEN '{_SECONDS}"+00:00"' ELSE '{_SECONDS}.US"+00:00"' END"""
    )
    return _Template(f"to_char({{0}} AT TIME ZONE 'UTC', {form})", column)


def amount(minor: Any, currency: Any) -> Expression:
    """Minor units in the decimals of their currency, as `money.to_major`."""
    cases = " ".join(f"WHEN {{1}} IN ({_codes(decimals)}) THEN {_shifted(decimals)}" for decimals in (0, 3))
    return _Template(f"CASE {cases} ELSE {_shifted(2)} END", minor, currency)


def _codes(decimals: int) -> str:
    return ", ".join(f"'{code}'" for code in sorted(CURRENCIES) if exponent(code) == decimals)


def _shifted(decimals: int) -> str:
    return f"round({{0}} / {10**decimals}.0, {decimals})::text" if decimals else "{0}::text"


def global_id(kind: str) -> Expression:
    """The global id of a row of this type: see `graphql.ids`."""
    plain = f"convert_to('{_word(kind)}:' || replace({{0}}::text, '-', ''), 'UTF8')"
    return _Template(f"rtrim(translate(encode({plain}, 'base64'), E'+/\\n', '-_'), '=')", F("id"))


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no name")
    return text
