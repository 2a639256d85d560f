"""Writing rows: `update` for conditional changes, and plain SQL on the hot path.

There the ORM takes longer to compose a statement than the database to run it. Placing an order writes nine rows and
changes five; that is most of its computing. So new rows of all tables go out in one statement, and the few changes that
every order makes are plain SQL beside the rule they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

type Column = models.Field[Any, Any]
type Shape = tuple[type[models.Model], tuple[str, ...]]  # a row's model, and how the value of each column is written


@dataclass(frozen=True, slots=True)
class _FromNow:
    after: timedelta


def from_now(after: timedelta) -> Any:
    """The moment so long after `insert` writes it. By the database's clock: those of our machines may differ."""
    return _FromNow(after)


_PLACEHOLDERS: dict[type, str] = {DatabaseDefault: "DEFAULT", _FromNow: "statement_timestamp() + %s"}


def insert(*rows: models.Model) -> None:
    """Insert rows with all their foreign keys, in the order given; those of one table stand together.

    Columns that the database fills, generated ones and defaults of its own where the row has no value, are left to it
    and not read back. Raises IntegrityError as `save` would.
    """
    shapes = tuple((type(row), _placeholders(row)) for row in rows)
    values = map(_values, rows)
    change(_statement(shapes), *chain.from_iterable(values))


def update(rows: models.QuerySet[Any], **columns: Any) -> int:
    """Change columns of the rows that still match, and `updated_at` with them; how many rows that were.

    It also raises the `version` of a model that has one.
    """
    if any(field.name == "version" for field in rows.model._meta.concrete_fields):
        columns["version"] = models.F("version") + 1
    return rows.update(updated_at=timezone.now(), **columns)


def change(statement: str, *values: Any) -> int:
    """Run an INSERT or UPDATE in the caller's transaction; how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def change_one[M: models.Model](model: type[M], statement: str, *values: Any) -> M | None:
    """Run an UPDATE of one row of `model`; the row as it is now, None when the statement found none."""
    columns, names = _whole(model)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} RETURNING {columns}", values)
        row = cursor.fetchone()
    return model.from_db(connection.alias, names, row) if row else None


def overwrite(rows: Sequence[models.Model], *columns: str) -> None:
    """Write these columns of rows of one table, which are there and which the caller has locked, in one statement.

    `bulk_update` composes a CASE expression a column: minutes for ten thousand rows.
    """
    if not rows:
        return
    quote, table = connection.ops.quote_name, type(rows[0])._meta
    by_name = {field.name: field for field in table.concrete_fields}
    fields = [by_name[name] for name in ("id", *columns)]
    names = [quote(str(field.column)) for field in fields]
    arrays = ", ".join(f"%s::{field.cast_db_type(connection)}[]" for field in fields)
    values = [[field.get_db_prep_save(field.pre_save(row, False), connection) for row in rows] for field in fields]
    changes = ", ".join(f"{name} = new.{name}" for name in names[1:])
    # Names of our own models alone; values are parameters.
    change(
        f"UPDATE {quote(table.db_table)} old SET {changes} FROM unnest({arrays}) new({', '.join(names)}) "  # noqa: S608
        "WHERE old.id = new.id",
        *values,
    )


@lru_cache(maxsize=256)
def _whole(model: type[models.Model]) -> tuple[str, list[str]]:
    """All columns of a table, for SQL, and the attributes they belong to."""
    fields = model._meta.concrete_fields
    quoted = (connection.ops.quote_name(str(field.column)) for field in fields)
    return ", ".join(quoted), [field.attname for field in fields]


def _placeholders(row: models.Model) -> tuple[str, ...]:
    values = (getattr(row, column.attname) for column in _columns(type(row)))
    return tuple(_PLACEHOLDERS.get(type(value), "%s") for value in values)


def _values(row: models.Model) -> Iterator[Any]:
    """Of the columns that are not left to the database."""
    for column in _columns(type(row)):
        value = getattr(row, column.attname)
        if isinstance(value, _FromNow):
            yield value.after
        elif not isinstance(value, DatabaseDefault):
            yield column.get_db_prep_save(column.pre_save(row, add=True), connection)


@lru_cache(maxsize=256)
def _columns(model: type[models.Model]) -> list[Column]:
    return [column for column in model._meta.concrete_fields if not column.generated]


@lru_cache(maxsize=256)
def _statement(shapes: tuple[Shape, ...]) -> str:
    """One statement with a data-modifying CTE a table; foreign keys between them are checked when it ends."""
    *before, last = (_insert(model, list(rows)) for model, rows in groupby(shapes, itemgetter(0)))
    ctes = ", ".join(f"t{number} AS ({each})" for number, each in enumerate(before))
    return f"WITH {ctes} {last}" if ctes else last


def _insert(model: type[models.Model], rows: Sequence[Shape]) -> str:
    quote, columns = connection.ops.quote_name, _columns(model)
    names = ", ".join(quote(str(column.column)) for column in columns)
    tuples = ", ".join(f"({', '.join(placeholders)})" for _, placeholders in rows)
    # Names of our own models alone; values are parameters.
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {tuples}"  # noqa: S608
