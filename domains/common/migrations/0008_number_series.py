"""Counters of numbers without gaps."""

from __future__ import annotations

from typing import ClassVar

import django.utils.timezone
import domains.common.data.models
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("common", "0007_attempts_as_rows"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=domains.common.data.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, help_text="When it was made."
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, help_text="When it last changed.")),
                ("series", models.CharField(help_text="what its numbers begin with: INV, CN", max_length=8)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(help_text="the last number used")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("series", "year"), name="number_series_once")],
            },
        ),
    ]
