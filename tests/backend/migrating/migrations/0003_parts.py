from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Each statement for itself."""

    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("migrating", "0002_whole")]
    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL("ALTER TABLE migrating_a ADD COLUMN parts int", "SELECT 1"),
        migrations.RunSQL("BEGIN; ALTER TABLE migrating_b ADD COLUMN parts int; COMMIT", "SELECT 1"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY migrating_b_id ON migrating_b (id)", "SELECT 1"),
    ]
