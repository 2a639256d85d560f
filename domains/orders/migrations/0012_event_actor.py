"""Who caused an event. What is there, and what the release before still writes, is told by `loaders.UNNAMED`."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0011_refund_mail")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            "orderevent",
            "actor",
            models.CharField(
                max_length=8,
                choices=[
                    ("CUSTOMER", "The order's customer."),
                    ("STAFF", "Somebody of the shop."),
                    ("SYSTEM", "The shop itself, without anybody: by time, or a mail."),
                    ("PROVIDER", "The payment provider, or the bank behind it."),
                ],
                db_default="",
                help_text="empty: of the release before, see UNNAMED in `loaders`",
            ),
        ),
        migrations.AlterField(
            "orderevent", "actor_id", models.UUIDField(null=True, help_text="the person, if it was one")
        ),
    ]
