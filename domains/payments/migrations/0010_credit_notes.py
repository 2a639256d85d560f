"""Numbers of credit notes, unique by an index that is built beside writes. Refunds of the release before have none."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

ONCE = models.UniqueConstraint(fields=["credit_note_number"], name="refund_credit_note_once")


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("payments", "0009_provider_truth_checks")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            "refund",
            "credit_note_number",
            models.CharField(
                max_length=24,
                null=True,
                help_text='Without gaps in a year (UTC): "CN-2026-000001"; null until it has SUCCEEDED.',
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddConstraint("refund", ONCE)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY refund_credit_note_once ON payments_refund (credit_note_number)",
                    "DROP INDEX CONCURRENTLY refund_credit_note_once",
                )
            ],
        ),
    ]
