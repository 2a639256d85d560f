"""What a migration breaks while the release before it still runs.

A finding is mended, or named with its reason in the migration itself: `accepted = {"DROP_COLUMN": "nobody reads it"}`.
"""

from __future__ import annotations

import pytest
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements

from domains import DOMAINS

MIGRATIONS = MigrationLoader(None).disk_migrations
OURS = [pytest.param(key, id=".".join(key)) for key in sorted(MIGRATIONS) if key[0] in {*DOMAINS, "schema"}]


def findings(migration: Migration) -> set[str]:
    """Codes of what the release before would trip over: a dropped column, a value that must be given, ..."""
    linter = MigrationLinter()
    sql = linter.get_sql(migration.app_label, migration.name)
    errors, _, _ = analyse_sql_statements(linter.sql_analyser_class, sql)
    data_errors, _, _ = linter.analyse_data_migration(migration)
    return {issue.code for issue in (*errors, *data_errors)}


@pytest.mark.django_db(transaction=True)  # some migrations refuse to be looked at inside one
@pytest.mark.parametrize("key", OURS)
def test_a_migration_breaks_nothing_that_it_does_not_name(key: tuple[str, str]) -> None:
    migration = MIGRATIONS[key]
    accepted: dict[str, str] = getattr(migration, "accepted", {})
    assert findings(migration) == accepted.keys()
    assert all(accepted.values())
