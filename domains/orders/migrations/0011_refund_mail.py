"""One mail a refund; the index is built beside the writes."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import Q
from django.db.models.fields.json import KT

ONE_EACH = models.UniqueConstraint(
    KT("data__refund_id"), condition=Q(type="REFUND_EMAIL_SENT"), name="refund_one_mail_each"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0010_delivery_checks")]

    operations: ClassVar[list[Operation]] = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddConstraint("orderevent", ONE_EACH)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY refund_one_mail_each ON orders_orderevent "
                    "((data ->> 'refund_id')) WHERE type = 'REFUND_EMAIL_SENT'",
                    "DROP INDEX CONCURRENTLY refund_one_mail_each",
                )
            ],
        )
    ]
