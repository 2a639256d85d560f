"""Statements that run at every request: PostgreSQL parses and plans them once a connection.

Django's cursors bind values on the client, so nothing they run is prepared. These bind on the server, in the same
connection and transaction, and are counted and logged like any other statement. The connection's `prepare_threshold`
(setting DATABASE_PREPARED) says whether they are prepared; they work either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


class _Planned(psycopg.Cursor[Any]):
    """Plans each time, for the values."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": False})


def fetch_one(statement: str, *values: Any) -> tuple[Any, ...] | None:
    """The first row, None without one. Raises what Django's cursors raise."""
    rows = fetch_all(statement, values)
    return rows[0] if rows else None


def fetch_all(statement: str, values: Sequence[Any], *, prepared: bool = True) -> list[tuple[Any, ...]]:
    """All rows. `prepared` is False where the best plan depends on the values. Raises what Django's cursors raise."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = (psycopg.Cursor if prepared else _Planned)(connection.connection)
    with connection._prepare_cursor(raw) as cursor:  # type: ignore[attr-defined]  # as `connection.cursor()` does
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
