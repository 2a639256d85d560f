"""Payments by their status, for lists of orders; built beside writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("payments", "0011_staff_note")]

    operations: ClassVar[list[Operation]] = [
        AddIndexConcurrently("payment", models.Index(fields=["status", "id"], name="payment_in_status"))
    ]
