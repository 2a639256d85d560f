"""The rule and the index of pending refunds, looked through and built beside writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import F, Q

NAME = "payment_pending_within_refunded"
WITHIN = Q(refunds_pending__gte=0, refunded__gte=F("refunds_pending"))


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("payments", "0008_provider_truth")]

    operations: ClassVar[list[Operation]] = [
        AddConstraintNotValid("payment", models.CheckConstraint(condition=WITHIN, name=NAME)),
        ValidateConstraint("payment", NAME),
        AddIndexConcurrently(
            "refund", models.Index(fields=["updated_at"], name="refund_pending", condition=Q(status="PENDING"))
        ),
    ]
