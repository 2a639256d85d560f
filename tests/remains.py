"""Where something stands: in which columns of the whole database, and under which keys of Redis."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from domains.common.guard import redis

COLUMNS = """SELECT table_name, array_agg(column_name::text) FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    AND data_type NOT IN ('uuid', 'boolean', 'integer', 'bigint', 'smallint') AND data_type NOT LIKE 'timestamp%'
    GROUP BY table_name"""


def in_database(*texts: str) -> set[str]:
    """The columns, as `table.column`, in which one of the texts stands, whatever its case."""
    found = set[str]()
    wanted = [f"%{text}%" for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, columns in cursor.fetchall():
            hits = ", ".join(f'bool_or("{column}"::text ILIKE ANY (%s))' for column in columns)
            cursor.execute(f'SELECT {hits} FROM "{table}"', [wanted] * len(columns))
            found |= {f"{table}.{column}" for column, hit in zip(columns, cursor.fetchone(), strict=True) if hit}
    return found


def in_redis(*texts: str) -> set[str]:
    """The keys that name one of them, or whose value does."""
    client = redis.client()
    found = set[str]()
    for key in client.scan_iter(f"{settings.REDIS_PREFIX}*"):
        kept = str(client.get(key)) if client.type(key) == "string" else ""
        if any(text.lower() in f"{key} {kept}".lower() for text in texts):
            found.add(key)
    return found
