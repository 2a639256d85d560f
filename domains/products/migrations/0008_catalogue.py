"""Images of products; versions of categories, and which are being deleted. Nothing reads or locks whole tables.

Servers of the release before neither see images nor know that a category is hidden.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("products", "0007_tax_rate")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            "product",
            "images",
            models.JSONField(db_default=[], default=list, help_text="in their order; see `images`"),
        ),
        migrations.AddField(
            "category",
            "version",
            models.PositiveIntegerField(db_default=1, default=1, help_text="Raised by each edit, from 1."),
        ),
        migrations.AddField(
            "category",
            "deleted",
            models.BooleanField(db_default=False, default=False, help_text="hidden, until its products have left it"),
        ),
        AddIndexConcurrently(
            "category",
            models.Index(condition=models.Q(("deleted", True)), fields=["id"], name="category_deleted"),
        ),
    ]
