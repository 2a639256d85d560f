"""E-mails hold their domain in ASCII, as DNS knows it: one mailbox is one account.

With twins among the accounts it changes nothing, names them and stops; `manage.py list_twins` shows them before. Who
has such an address signs in at a web process of the release before only by its ASCII form.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from domains.accounts.models import normalize_email
from domains.common.data.filling import refuse_twins


def by_idna(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rewrite the addresses that hold other letters."""
    model = apps.get_model("accounts", "User")
    refuse_twins(model, {"email": normalize_email})
    other = models.Q(email__regex="[^ -~]") | models.Q(pending_email__regex="[^ -~]")
    for row in model.objects.filter(other).only("email", "pending_email"):
        row.email, row.pending_email = normalize_email(row.email), normalize_email(row.pending_email)
        row.save(update_fields=["email", "pending_email"])


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0006_sessions_by_sql")]

    operations: ClassVar[list[Operation]] = [
        migrations.RunPython(by_idna, migrations.RunPython.noop),
        migrations.AlterField(
            "user",
            "email",
            models.EmailField(
                help_text="Sign-in name, in small letters, its domain in ASCII (IDNA).", max_length=254, unique=True
            ),
        ),
    ]
