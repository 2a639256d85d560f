"""When a person is to be erased, and when they were; the indexes hold those few alone, and are built beside writes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from domains.accounts.models import AuditEvent

MOMENTS = {
    "erasure_due_at": "When what is held of this person is erased; null when nobody has asked for that.",
    "erased_at": "When what was held of this person was erased: the name is empty since, the e-mail nobody's.",
}


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0008_customers")]

    operations: ClassVar[list[Operation]] = [
        migrations.AlterField(
            "auditevent", "type", models.CharField(choices=AuditEvent.Type, help_text="What happened.", max_length=32)
        ),
        *(
            migrations.AddField("user", moment, models.DateTimeField(null=True, help_text=said))
            for moment, said in MOMENTS.items()
        ),
        *(
            AddIndexConcurrently(
                "user",
                models.Index(
                    fields=[moment], condition=models.Q((f"{moment}__isnull", False)), name=f"user_by_{moment}"
                ),
            )
            for moment in MOMENTS
        ),
    ]
