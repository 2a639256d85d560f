"""The ledger as staff read it: an index of each product's movements in their order, built beside the writes.

It takes the place of the one that the foreign key had: an order goes on writing to as many indexes as before.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

REASONS = [
    ("INITIAL", "The first stock of a new product."),
    ("ADJUSTMENT", "Staff corrected the stock by so many (`adjustStock`)."),
    ("COUNT", "Staff counted the shelf (`countStock`); 0 when the stock was right."),
    ("IMPORT", "A file of products said how many there are."),
    ("ORDER", "An order took it."),
    ("CANCELLATION", "A cancelled or expired order put it back."),
    ("RETURN", "It came back of an order that was sent, and is for sale again."),
]
FIELDS: dict[str, models.Field[object, object]] = {
    "delta": models.IntegerField(help_text="How many were added to `Product.stock`; negative: taken away."),
    "reason": models.CharField(choices=REASONS, help_text="Why it moved.", max_length=16),
    "note": models.CharField(default="", help_text="What staff wrote about it; may be empty.", max_length=200),
    "reference": models.UUIDField(help_text="the order, or the idempotency key of what staff did", null=True),
}
OF_THE_KEY = "products_stockmovement_product_id_cabcd4b9"
BY_PRODUCT = models.Index(fields=["product", "created_at", "id"], name="movement_by_product")


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("products", "0008_catalogue")]

    operations: ClassVar[list[Operation]] = [
        *(migrations.AlterField("stockmovement", name, field) for name, field in FIELDS.items()),
        AddIndexConcurrently("stockmovement", BY_PRODUCT),
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {OF_THE_KEY}",
            f"CREATE INDEX CONCURRENTLY {OF_THE_KEY} ON products_stockmovement (product_id)",
            state_operations=[
                migrations.AlterField(
                    "stockmovement",
                    "product",
                    models.ForeignKey("products.Product", models.PROTECT, related_name="movements", db_index=False),
                )
            ],
        ),
    ]
