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
    with connection.cursor() as cursor:
        cursor.cursor = psycopg.Cursor(connection.connection)
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
