"""Sessions are looked up in SQL at each request: nothing has to be told to Redis, so no change of access is noted.

Web processes of the version before that still run meanwhile let nobody in whom SQL refuses, but for 2 s: they believe
Redis only as long as they can read the table that goes here, and then ask SQL. Until they are replaced, about two
requests a second fail on it (INTERNAL_SERVER_ERROR), and so do those that end a session, after having ended it. Who
wants to avoid that stops them before migrating.

Going back makes the table and its triggers anew, empty: what Redis remembers from before counts for nothing by then.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

before = import_module("domains.accounts.migrations.0003_access_changes")


class Migration(migrations.Migration):
    accepted: ClassVar[dict[str, str]] = {"DROP_TABLE": "older web processes go on as the docstring says"}
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0005_texts")]

    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(before.NO_TRIGGERS, before.TRIGGERS),
        migrations.DeleteModel("AccessChange"),
    ]
