"""Folded names and e-mails, by which staff search people, and the indexes of that list.

Safe beside a running shop of the release before: the new columns have a default, rows are filled some at a time,
indexes are built beside writes. Somebody whom the release before registers meanwhile is in the list, and found by a
search after the next change of the name or the e-mail.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from domains.accounts.models import email_key
from domains.common.data.filling import fill
from domains.common.data.folding import searchable
from domains.common.data.searching import words_of


def fold_all(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fold the texts of all rows."""
    columns = {"name_words": lambda row: searchable(row.name), "email_key": lambda row: email_key(row.email)}
    fill(apps.get_model("accounts", "User"), columns)


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0007_emails_by_idna")]

    operations: ClassVar[list[Operation]] = [
        *(
            migrations.AddField("user", name, models.TextField(default="", db_default="", editable=False))
            for name in ("name_words", "email_key")
        ),
        migrations.RunPython(fold_all, migrations.RunPython.noop),
        *(
            AddIndexConcurrently("user", index)
            for index in (
                GinIndex(words_of("name_words"), name="user_by_words"),
                models.Index(fields=["email_key"], opclasses=["text_pattern_ops"], name="user_by_email_key"),
                models.Index(fields=["created_at", "id"], name="user_by_age"),
                models.Index(fields=["created_at", "id"], condition=models.Q(is_staff=True), name="staff_by_age"),
            )
        ),
    ]
