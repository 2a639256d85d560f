"""Indexes that start with the sort column: a page is one statement over one of them. Built beside writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

COLUMNS = (["created_at", "id", "status"], ["total", "id", "status", "created_at"])


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0005_texts")]

    operations: ClassVar[list[Operation]] = [
        *(
            AddIndexConcurrently("order", models.Index(fields=[*leading, *columns], name=f"order_{name}_{columns[0]}"))
            for name, leading in {"by": list[str](), "customer": ["customer"]}.items()
            for columns in COLUMNS
        ),
        AddIndexConcurrently("order", models.Index(fields=["status", "created_at", "id"], name="order_in_status")),
        *(
            RemoveIndexConcurrently("order", name)
            for name in (
                "order_status_created_at",
                "order_status_total",
                "order_of_customer_created_at",
                "order_of_customer_total",
            )
        ),
    ]
