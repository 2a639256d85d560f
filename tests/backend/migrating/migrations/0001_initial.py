from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(
            "CREATE TABLE migrating_a (id int); CREATE TABLE migrating_b (id int)",
            "DROP TABLE migrating_a; DROP TABLE migrating_b",
        )
    ]
