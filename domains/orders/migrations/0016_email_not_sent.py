"""A mail that could not be delivered is an event. The database holds no list of them: nothing is changed there."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0015_search")]

    operations: ClassVar[list[Operation]] = [
        migrations.AlterField(
            "orderevent",
            "type",
            models.CharField(
                max_length=32,
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
                    ("EMAIL_NOT_SENT", "A mail about it could not be delivered."),
                ],
            ),
        )
    ]
