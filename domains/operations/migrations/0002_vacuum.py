"""Autovacuum comes to the tables whose rows change several times each when a hundredth of them is dead.

By default it waits for a fifth: at ten orders a second the outbox keeps 30 million rows, and 6 million dead ones would lie
between the relay and what is due. It takes no lock that a reader or a writer waits for.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

TABLES = ("common_outboxmessage", "orders_order", "payments_payment")
SETTINGS = {"autovacuum_vacuum_scale_factor": 0.01}


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("operations", "0001_initial"),
        ("common", "0008_number_series"),
        ("orders", "0015_search"),
        ("payments", "0012_status_index"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET ({', '.join(f'{name} = {value}' for name, value in SETTINGS.items())})",
            f"ALTER TABLE {table} RESET ({', '.join(SETTINGS)})",
        )
        for table in TABLES
    ]
