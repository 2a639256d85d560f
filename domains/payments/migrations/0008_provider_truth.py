"""What the provider knows: disputes, refunds that are pending or have failed, and which of its events were fetched.

Refunds of the release before have SUCCEEDED: those that failed left no row. No row is written.
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
        ("payments", "0007_provider"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="Dispute",
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
                ("reference", models.CharField(help_text="the provider's id", max_length=100, unique=True)),
                ("amount", models.BigIntegerField(help_text="minor units")),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(help_text="Why, in the provider's words: `fraudulent`.", max_length=100)),
                (
                    "status",
                    models.CharField(
                        help_text="Where it stands, in the provider's words: `needs_response`.", max_length=50
                    ),
                ),
                (
                    "evidence_due_at",
                    models.DateTimeField(
                        help_text="Until when the shop can answer; null when it cannot, or when no date is set.",
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EventsFetch",
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
                    "until",
                    models.DateTimeField(
                        help_text="all that happened before, and that Stripe could not deliver, is here"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="payment",
            name="refunds_pending",
            field=models.BigIntegerField(db_default=0, default=0, help_text="of `refunded`: not given back yet"),
        ),
        migrations.AddField(
            model_name="refund",
            name="status",
            field=models.CharField(
                choices=[
                    ("PENDING", "The provider has accepted it and has not given the money back yet."),
                    ("SUCCEEDED", "The money was given back."),
                    (
                        "FAILED",
                        "Nothing was given back, though it may have looked so before: it can be refunded once more.",
                    ),
                ],
                db_default="SUCCEEDED",
                default="SUCCEEDED",
                help_text="Where it stands at the payment provider.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="refunded",
            field=models.BigIntegerField(default=0, help_text="with what the provider has not given back yet"),
        ),
        migrations.AddField(
            model_name="dispute",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="payments.payment"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="dispute_amount_not_negative"
            ),
        ),
    ]
