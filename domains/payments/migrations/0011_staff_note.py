"""What staff write for staff about a refund; operations of the release before have none."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("payments", "0010_credit_notes")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            "paymentoperation",
            "staff_note",
            models.CharField(max_length=500, default="", db_default="", help_text="of a refund; for staff alone"),
        ),
        migrations.AlterField(
            "refund",
            "reason",
            models.CharField(
                max_length=200,
                help_text="Why, for the customer: as staff wrote it, or what made it without them.",
            ),
        ),
    ]
