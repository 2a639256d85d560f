"""Folded names of recipients, by which orders are searched.

Safe beside a running shop of the release before: the column has a default, rows are filled some at a time, the index is
built beside writes. An order that the release before places meanwhile is not found by its recipient's name; by its
number and its customer it is.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from domains.common.data.filling import fill
from domains.common.data.folding import searchable
from domains.common.data.searching import words_of


def fold_all(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fold the names of all recipients."""
    columns = {"recipient_words": lambda row: searchable(row.delivery_address["name"])}
    fill(apps.get_model("orders", "Order"), columns, delivery_address__isnull=False)


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0014_change_triggers")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("order", "recipient_words", models.TextField(default="", db_default="", editable=False)),
        migrations.RunPython(fold_all, migrations.RunPython.noop),
        AddIndexConcurrently(
            "order",
            GinIndex(words_of("recipient_words"), name="order_by_recipient", condition=~models.Q(recipient_words="")),
        ),
        migrations.RunSQL("ANALYZE orders_order", migrations.RunSQL.noop),  # how common which words are
    ]
