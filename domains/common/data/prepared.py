"""Statements that run at every request: PostgreSQL parses and plans them once a connection.

Django's cursors bind values on the client, so nothing they run is prepared. These bind on the server, in the same
connection and transaction, and are counted and logged like any other statement. The connection's `prepare_threshold`
(setting DATABASE_PREPARED) says whether they are prepared; they work either way.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection


def fetch_one(statement: str, *values: Any) -> tuple[Any, ...] | None:
    """The first row, None without one. Raises what Django's cursors raise."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = psycopg.Cursor(connection.connection)
    with connection._prepare_cursor(raw) as cursor:  # type: ignore[attr-defined]  # as `connection.cursor()` does
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
