"""The unpaid orders of an account, which are few among its many. Built beside writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0007_reserved")]

    operations: ClassVar[list[Operation]] = [
        AddIndexConcurrently(
            "order",
            models.Index(
                fields=["customer", "expires_at"], name="order_unpaid_of", condition=models.Q(status="PENDING")
            ),
        )
    ]
