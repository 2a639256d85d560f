"""Which provider made a payment: those that are there, the one that is configured now. No row is written."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


def _provider(db_default: str) -> models.CharField[str, str]:
    return models.CharField(
        max_length=20,
        default="",
        db_default=db_default,
        help_text="key of GATEWAYS that holds it; empty: PAYMENT_GATEWAY",
    )


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("payments", "0006_declines")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("payment", "provider", _provider(settings.PAYMENT_GATEWAY)),
        migrations.AlterField("payment", "provider", _provider("")),
    ]
