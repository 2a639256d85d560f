"""Where the database writes down each change of an order: see OrderChange."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("orders", "0012_event_actor"),
        ("payments", "0011_staff_note"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="OrderChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "transaction",
                    models.BigIntegerField(help_text="the id of the transaction, as `pg_current_xact_id` tells it"),
                ),
                ("order_id", models.UUIDField()),
                ("customer_id", models.UUIDField()),
                (
                    "status",
                    models.CharField(max_length=10, help_text="the order's before; empty when another row changed"),
                ),
                (
                    "payment_status",
                    models.CharField(max_length=16, help_text="the payment's before; empty when another row changed"),
                ),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("updated_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["transaction"], name="order_changes"),
                    models.Index(fields=["customer_id", "transaction"], name="order_changes_of"),
                ]
            },
        ),
    ]
