"""Which request caused a message; the release before leaves both columns empty."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("common", "0008_number_series"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            model_name="outboxmessage",
            name="request_id",
            field=models.CharField(db_default="", default="", help_text="of the request that caused it", max_length=64),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="traceparent",
            field=models.CharField(db_default="", default="", help_text="of its trace, as W3C has it", max_length=55),
        ),
    ]
