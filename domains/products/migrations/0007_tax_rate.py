"""A tax rate of a product's own. Its rule is looked through without a lock that stops writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("products", "0006_one_name"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            model_name="product",
            name="tax_rate",
            field=models.DecimalField(
                decimal_places=2, help_text="percent of tax in its price; null: STORE_TAX_RATE", max_digits=5, null=True
            ),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="reason",
            field=models.CharField(
                choices=[
                    ("INITIAL", "Initial"),
                    ("ORDER", "Order"),
                    ("CANCELLATION", "Cancellation"),
                    ("ADJUSTMENT", "Adjustment"),
                    ("IMPORT", "Import"),
                    ("RETURN", "Return"),
                ],
                max_length=16,
            ),
        ),
        AddConstraintNotValid(
            "product",
            models.CheckConstraint(condition=models.Q(tax_rate__range=(0, 100)), name="product_tax_rate_in_percent"),
        ),
        ValidateConstraint("product", "product_tax_rate_in_percent"),
    ]
