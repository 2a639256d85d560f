"""Statements that run at every request: PostgreSQL parses and plans them once a connection.

Django's cursors bind values on the client, so nothing they run is prepared. These bind on the server, in the same
connection and transaction, and are counted and logged like any other statement. The connection's `prepare_threshold`
(setting DATABASE_PREPARED) says whether they are prepared; they work either way.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from psycopg import adapters
from psycopg.pq import Format

# Where this thread reads from; see `data.replica`.
source: ContextVar[str] = ContextVar("source", default=DEFAULT_DB_ALIAS)
# psycopg's own, in C: Django's is in Python, to have another object for UTC in each moment.
_MOMENT: Any = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)


class _Planned(psycopg.Cursor[Any]):
    """Plans each time, for the values."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": False})


def prepared_cursor(using: str | None = None, kind: type[psycopg.Cursor[Any]] = psycopg.Cursor) -> CursorWrapper:
    """`connection.cursor()`, but for such statements. Raises what Django's cursors raise."""
    database: Any = connections[using or source.get()]
    database.close_if_health_check_failed()
    database.ensure_connection()
    with database.wrap_database_errors:
        raw = kind(database.connection)
    cursor: CursorWrapper = database._prepare_cursor(raw)  # as `connection.cursor()` does
    return cursor


def fetch_one(statement: str, *values: Any, using: str | None = None) -> tuple[Any, ...] | None:
    """The first row, None without one."""
    with prepared_cursor(using) as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def fetch_all(statement: str, *values: Any, prepared: bool = True) -> list[tuple[Any, ...]]:
    """All rows, for statements that have few. `prepared` is False where the best plan depends on the values."""
    with prepared_cursor(kind=psycopg.Cursor if prepared else _Planned) as cursor:
        cursor.adapters.register_loader("timestamptz", _MOMENT)
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
