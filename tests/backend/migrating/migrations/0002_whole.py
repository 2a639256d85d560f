from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Both tables in one transaction."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("migrating", "0001_initial")]
    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(f"ALTER TABLE migrating_{name} ADD COLUMN whole int", "SELECT 1") for name in "ab"
    ]
