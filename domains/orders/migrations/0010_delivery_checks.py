"""The rules of the new columns, looked through without a lock that stops writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import F, Q

CHECKS = {
    "order_charges_within_total": ("order", Q(charges_total__gte=0, total__gte=F("charges_total"))),
    "order_tax_within_total": ("order", Q(tax__gte=0, total__gte=F("tax"))),
    "line_returned_within_quantity": ("orderline", Q(returned_quantity__gte=0, quantity__gte=F("returned_quantity"))),
    "line_tax_within_total": ("orderline", Q(tax__gte=0, total__gte=F("tax"))),
}
MAILS = ("CONFIRMATION_EMAIL_SENT", "ACTION_EMAIL_SENT", "SENDING_EMAIL_SENT", "CANCELLATION_EMAIL_SENT")
ONE_EACH = models.UniqueConstraint(fields=["order", "type"], condition=Q(type__in=MAILS), name="order_one_mail_each")


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0009_delivery")]

    operations: ClassVar[list[Operation]] = [
        *(
            AddConstraintNotValid(model, models.CheckConstraint(condition=condition, name=name))
            for name, (model, condition) in CHECKS.items()
        ),
        *(ValidateConstraint(model, name) for name, (model, _) in CHECKS.items()),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddConstraint("orderevent", ONE_EACH)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY order_one_mail_each ON orders_orderevent (order_id, type) WHERE "
                    f"type IN {MAILS}",
                    "DROP INDEX CONCURRENTLY order_one_mail_each",
                )
            ],
        ),
        migrations.RemoveConstraint("orderevent", "order_one_confirmation"),
    ]
