"""How the database is emptied after a test whose transactions were committed.

Django truncates every table and writes its content types and permissions anew: 0.2 s, of which the tests that commit
spend most of their time waiting. Deleting the few rows that such a test leaves takes 1 ms, because a function in the
database does it: PostgreSQL plans its statements once for each connection, not after each test.
"""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.db import connections
from django.test import TransactionTestCase

LARGE = 1_000_000  # bytes; what was deleted stays in the file, and a plan may be chosen by a table's size
_FUNCTION = """CREATE OR REPLACE FUNCTION emptied() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF greatest({sizes}) > {large} THEN RETURN false; END IF;
    {deletions}
    RETURN true;
END $$"""
_django = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def empty(self: TransactionTestCase) -> None:
    """Delete all rows of our models; where one of the tables has become large, do as Django does."""
    _make_function()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT emptied()")
        (done,) = cursor.fetchone()
    if not done:
        _django(self)


@cache
def _make_function() -> None:
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True) if _is_ours(model)]
    sizes = ", ".join(f"pg_total_relation_size('\"{table}\"')" for table in tables)
    # Twice: a trigger may write about rows that go. Foreign keys are looked at when the transaction ends.
    deletions = " ".join(2 * [f'DELETE FROM "{table}";' for table in tables])
    with connections["default"].cursor() as cursor:
        cursor.execute(_FUNCTION.format(sizes=sizes, large=LARGE, deletions=deletions))


def _is_ours(model: type) -> bool:
    return model.__module__.startswith(("domains.", "schema."))
