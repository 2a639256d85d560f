"""What an order needs to be delivered: charges, tax, note, address, shipment, returns and invoice.

Orders of the release before have no charges, tax 0 and no address. New columns have defaults in the database: no row is
rewritten. Going back drops them and the new tables: addresses, charges, returns and invoices are lost for good.
"""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
import django.utils.timezone
import domains.common.data.models
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("orders", "0008_unpaid"),
        ("payments", "0007_provider"),
        ("products", "0007_tax_rate"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=domains.common.data.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, help_text="When it was made."
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, help_text="When it last changed.")),
                (
                    "number",
                    models.CharField(
                        help_text='Without gaps in a year (UTC): "INV-2026-000001".', max_length=24, unique=True
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("total", models.BigIntegerField(help_text="what was captured, minor units")),
                ("tax", models.BigIntegerField(help_text="of `total`")),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invoice", to="orders.order"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderCharge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=domains.common.data.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, help_text="When it was made."
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, help_text="When it last changed.")),
                (
                    "kind",
                    models.CharField(
                        choices=[("DELIVERY", "Bringing it to the customer.")],
                        help_text="What it is for.",
                        max_length=16,
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        help_text="What the customer saw, such as the delivery method's name.", max_length=100
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField(help_text="minor units, its tax among them")),
                ("tax_rate", models.DecimalField(decimal_places=2, max_digits=5)),
                ("tax", models.BigIntegerField(help_text="of `amount`")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="charges",
                        to="orders.order",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReturnedLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=domains.common.data.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, help_text="When it was made."
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, help_text="When it last changed.")),
                ("operation_id", models.UUIDField(help_text="of the refund that was asked for with it")),
                ("quantity", models.PositiveIntegerField()),
                ("restocked", models.BooleanField(help_text="whether they are for sale again")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="returns", to="orders.orderline"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=domains.common.data.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, help_text="When it was made."
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, help_text="When it last changed.")),
                ("carrier", models.CharField(default="", help_text="Who brings it; may be empty.", max_length=100)),
                (
                    "tracking_number",
                    models.CharField(default="", help_text="The carrier's number; may be empty.", max_length=100),
                ),
                ("tracking_url", models.CharField(default="", max_length=500)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shipment", to="orders.order"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("PLACED", "It was placed."),
                    ("PAYMENT_ACTION_REQUIRED", "The customer has to confirm with the bank."),
                    ("CONFIRMED", "The money is held."),
                    ("PAYMENT_DECLINED", "The provider refused the payment."),
                    ("EXPIRED", "It was not paid in time."),
                    ("CANCELLED", "It was cancelled."),
                    ("CAPTURE_REQUESTED", "The provider was asked to charge the hold."),
                    ("CAPTURE_FAILED", "The provider refused to charge the hold."),
                    ("FULFILLED", "It was sent."),
                    ("REFUND_REQUESTED", "The provider was asked to give money back."),
                    ("REFUND_MADE", "Money was given back."),
                    ("REFUND_FAILED", "The provider refused a refund, or the bank did not take it later."),
                    ("REFUNDED", "All the money was given back."),
                    ("RETURNED", "Products of it came back."),
                    ("CONFIRMATION_EMAIL_SENT", "The confirmation was mailed."),
                    ("ACTION_EMAIL_SENT", "The customer was asked by mail to confirm with the bank."),
                    ("SENDING_EMAIL_SENT", "That it is on its way was mailed."),
                    ("CANCELLATION_EMAIL_SENT", "That it was cancelled or has expired was mailed."),
                    ("REFUND_EMAIL_SENT", "That money was given back was mailed."),
                ],
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("tax__gte", 0), ("total__gte", models.F("tax"))), name="invoice_tax_within_total"
            ),
        ),
        migrations.AddConstraint(
            model_name="ordercharge",
            constraint=models.UniqueConstraint(fields=("order", "kind"), name="charge_kind_once"),
        ),
        migrations.AddConstraint(
            model_name="ordercharge",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", models.F("tax")), ("tax__gte", 0)), name="charge_tax_within_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="returnedline",
            constraint=models.UniqueConstraint(fields=("operation_id", "line", "restocked"), name="returned_line_once"),
        ),
        migrations.AddConstraint(
            model_name="returnedline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="returned_quantity_positive"
            ),
        ),
        # last, so that orders and lines are locked for as short as can be
        migrations.AddField(
            model_name="order",
            name="charges_total",
            field=models.BigIntegerField(db_default=0, default=0, help_text="of `total`, what is no line"),
        ),
        migrations.AddField(
            model_name="order",
            name="delivery_address",
            field=models.JSONField(help_text="see delivery's Address", null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="note",
            field=models.CharField(
                db_default="",
                default="",
                help_text="What the customer wrote to the shop; may be empty.",
                max_length=500,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="tax",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="of `total`: the sum over lines and charges"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="returned_quantity",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="How many came back, 0 to `quantity`."
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="tax",
            field=models.BigIntegerField(db_default=0, default=0, help_text="of `total`"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="tax_rate",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                help_text="Percent of tax in its price then, 0 to 100.",
                max_digits=5,
            ),
        ),
    ]
