"""How many of each product open orders hold, for the orders that are there.

Some hundred products are locked at a time. Orders of the release before that come or move meanwhile are not counted:
`manage.py recount_reserved` once its servers are gone.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


def fill(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """May be broken off and run again."""
    from domains.orders.services.reserving import recount_reserved  # reads few columns, which are there for good

    recount_reserved()


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0006_keyset_pages"), ("products", "0005_reserved")]

    operations: ClassVar[list[Operation]] = [migrations.RunPython(fill, migrations.RunPython.noop)]
