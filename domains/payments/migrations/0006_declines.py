"""When a payment was declined and from where it came, to bound how many cards somebody may try. Built beside writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("payments", "0005_texts")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("payment", "declined_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "payment",
            "origin",
            models.CharField(
                max_length=64,
                default="",
                db_default="",
                help_text="keyed hash of the payer's network; empty: not counted",
            ),
        ),
        *(
            AddIndexConcurrently(
                "payment",
                models.Index(
                    fields=[of, "status", "declined_at"],
                    name=f"payment_declines_{of}",
                    condition=models.Q(status__in=("PENDING", "FAILED")),
                ),
            )
            for of in ("payer", "origin")
        ),
    ]
