"""How many of a product open orders hold. A migration of orders fills it; nothing here reads or locks whole tables."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

NOT_NEGATIVE = "product_reserved_not_negative"


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("products", "0004_folded_text")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            "product",
            "reserved",
            models.IntegerField(default=0, db_default=0, help_text="of orders that are not sent yet; moved by `stock`"),
        ),
        AddConstraintNotValid(
            "product", models.CheckConstraint(condition=models.Q(reserved__gte=0), name=NOT_NEGATIVE)
        ),
        ValidateConstraint("product", NOT_NEGATIVE),
    ]
