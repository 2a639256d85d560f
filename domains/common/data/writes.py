"""Writing rows on the hot path: where the ORM takes longer to compose a statement than the database to run it.

Placing an order writes nine rows and changes five. That is most of its computing, so new rows of all tables go out
in one statement, and the few changes that every order makes are plain SQL beside the rule they belong to.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED

type Column = models.Field[Any, Any]
# The driver takes these as they are; the field's own preparation would change nothing.
PLAIN = frozenset(
    {
        models.UUIDField,
        models.CharField,
        models.ForeignKey,
        models.IntegerField,
        models.BigIntegerField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
    }
)


def insert(*rows: models.Model) -> None:
    """Insert rows with all their foreign keys, in the order given; those of one table stand together.

    Columns that the database fills are left to it and not read back. Raises IntegrityError as `save` would.
    """
    tables = [(model, list(group)) for model, group in groupby(rows, type)]
    statement = _statement(tuple((model, len(group)) for model, group in tables))
    values = [value for model, group in tables for row in group for value in _values(row, _columns(model))]
    change(statement, *values)


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


@lru_cache(maxsize=256)
def _whole(model: type[models.Model]) -> tuple[str, list[str]]:
    """All columns of a table, for SQL, and the attributes they belong to."""
    fields = model._meta.concrete_fields
    quoted = (connection.ops.quote_name(str(field.column)) for field in fields)
    return ", ".join(quoted), [field.attname for field in fields]


def _values(row: models.Model, columns: Sequence[Column]) -> list[Any]:
    return [
        getattr(row, column.attname)
        if type(column) in PLAIN
        else column.get_db_prep_save(column.pre_save(row, add=True), connection)
        for column in columns
    ]


@lru_cache(maxsize=256)
def _columns(model: type[models.Model]) -> list[Column]:
    ours = model._meta.concrete_fields
    return [column for column in ours if not column.generated and column.db_default is NOT_PROVIDED]


@lru_cache(maxsize=256)
def _statement(shape: tuple[tuple[type[models.Model], int], ...]) -> str:
    """One statement with a data-modifying CTE a table; foreign keys between them are checked when it ends."""
    *before, last = (_insert(model, count) for model, count in shape)
    ctes = ", ".join(f"t{number} AS ({each})" for number, each in enumerate(before))
    return f"WITH {ctes} {last}" if ctes else last


def _insert(model: type[models.Model], count: int) -> str:
    quote = connection.ops.quote_name
    columns = _columns(model)
    names = ", ".join(quote(str(column.column)) for column in columns)
    row = f"({', '.join(['%s'] * len(columns))})"
    # Names of our own models alone; values are parameters.
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608
