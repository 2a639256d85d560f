"""Writing rows: `update` for conditional changes, and plain SQL on the hot path.

There the ORM takes longer to compose a statement than the database to run it. Placing an order writes nine rows and
changes six; that is most of its computing. So new rows of all tables go out in one statement, those of a table as one
JSON value: few values to bind, and a text that is the same each time, which PostgreSQL plans once a connection. The few
changes that every order makes are plain SQL beside the rule they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from domains.common.data.prepared import fetch_one, prepared_cursor

type Column = models.Field[Any, Any]
# What `change` takes: a statement and its values. It ends with its WHERE clause: another condition may follow.
type Write = tuple[str, *tuple[Any, ...]]
type Special = tuple[tuple[str, type], ...]  # columns whose values are not sent as they are, and the kind of value


class _FromNow(NamedTuple):
    after: timedelta


def from_now(after: timedelta) -> Any:
    """The moment so long after `insert` writes it. By the database's clock: those of our machines may differ."""
    return _FromNow(after)


def insert(*rows: models.Model, using: str = DEFAULT_DB_ALIAS) -> None:
    """Insert rows with all their foreign keys, in the order given; those of one table stand together.

    Columns that the database fills, generated ones and defaults of its own where the row has no value, are left to it.
    Such defaults of the last row are read back when it is the only one of its table. Raises IntegrityError as `save`
    would.
    """
    *before, (last, *values) = insertion(*rows)
    # Foreign keys between the tables are checked when it ends.
    statement, values = f"{_with(before)}{last}", [*_values(before), *values]
    left = [name for name, kind in _shaped(rows[-1])[0][1] if kind is DatabaseDefault]
    if not left or type(rows[-1]) in map(type, rows[:-1]):
        change(statement, *values, using=using)
        return
    columns = ", ".join(map(connection.ops.quote_name, left))
    filled = fetch_one(f"{statement} RETURNING {columns}", *values, using=using) or ()
    for name, value in zip(left, filled, strict=True):
        setattr(rows[-1], _columns(type(rows[-1]))[name].attname, value)


def insertion(*rows: models.Model) -> list[Write]:
    """What `insert` does, as a write a table."""
    tables = groupby(map(_shaped, rows), itemgetter(0))
    return [(_insert(*shape), _json([values for _, values in group])) for shape, group in tables]


def update(rows: models.QuerySet[Any], **columns: Any) -> int:
    """Change columns of the rows that still match, and `updated_at` with them; how many rows that were.

    It also raises the `version` of a model that has one.
    """
    if any(field.name == "version" for field in rows.model._meta.concrete_fields):
        columns["version"] = models.F("version") + 1
    return rows.update(updated_at=timezone.now(), **columns)


def change(statement: str, *values: Any, using: str = DEFAULT_DB_ALIAS) -> int:
    """Run an INSERT or UPDATE in the caller's transaction; how many rows it wrote."""
    with prepared_cursor(using) as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def change_one[M: models.Model](
    model: type[M], statement: str, *values: Any, then: Sequence[Write] = (), using: str = DEFAULT_DB_ALIAS
) -> M | None:
    """Run an UPDATE of one row of `model`; the row as it is now, None when the statement found none.

    `then` is written after it in the same statement, or not at all when there was no row.
    """
    columns, names = _whole(model)
    found = [(f"{write[0]} AND EXISTS (TABLE changed)", *write[1:]) for write in then]
    ctes = f"changed AS ({statement} RETURNING {columns}){_with(found, ', ')}"
    row = fetch_one(f"WITH {ctes} SELECT {columns} FROM changed", *values, *_values(found), using=using)  # noqa: S608  # see _insert
    return model.from_db(using, names, row) if row else None


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


def _with(writes: Sequence[Write], begin: str = "WITH ") -> str:
    """A data-modifying CTE for each."""
    ctes = ", ".join(f"t{number} AS ({statement})" for number, (statement, *_) in enumerate(writes))
    return f"{begin}{ctes} " if ctes else ""


def _values(writes: Sequence[Write]) -> Iterator[Any]:
    return (value for _, *values in writes for value in values)


def _shaped(row: models.Model) -> tuple[tuple[type[models.Model], Special], dict[str, Any]]:
    """The row's values by column; before them what rows that share a statement have in common."""
    values = {name: column.pre_save(row, add=True) for name, column in _columns(type(row)).items()}
    special = tuple((name, type(value)) for name, value in values.items() if isinstance(value, _SPECIAL))
    return (type(row), special), values


_SPECIAL = (DatabaseDefault, _FromNow)


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows, default=_as_json).decode()


def _as_json(value: Any) -> str | None:
    if isinstance(value, _FromNow):
        return f"{value.after.total_seconds()} seconds"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, DatabaseDefault):  # its column is not read
        return None
    raise TypeError(type(value))


@lru_cache(maxsize=256)
def _columns(model: type[models.Model]) -> dict[str, Column]:
    return {str(column.column): column for column in model._meta.concrete_fields if not column.generated}


@lru_cache(maxsize=256)
def _insert(model: type[models.Model], special: Special) -> str:
    quote, kinds = connection.ops.quote_name, dict(special)
    sent = {quote(name): field for name, field in _columns(model).items() if kinds.get(name) is not DatabaseDefault}
    from_now = {quote(name) for name, kind in special if kind is _FromNow}
    read = ", ".join(f"statement_timestamp() + {name}" if name in from_now else name for name in sent)
    types = ", ".join(
        f"{name} {'interval' if name in from_now else field.cast_db_type(connection)}" for name, field in sent.items()
    )
    # Names of our own models alone; values are parameters.
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(sent)}) "  # noqa: S608
        f"SELECT {read} FROM json_to_recordset(%s::json) AS new ({types}) WHERE true"
    )
