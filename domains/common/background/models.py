"""The outbox: work that was promised in a transaction."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from domains.common.data.models import BaseModel
from domains.common.tracing import Origin

DEAD = models.Q(dead_at__isnull=False, done_at__isnull=True)  # a dead message can still be withdrawn


class OutboxMessage(BaseModel):
    """Work that was promised in a transaction and is done after it, at least once, its effect recorded once.

    Due when `due_at` has passed, `done_at` and `dead_at` are empty and no lease runs.
    """

    topic = models.CharField(max_length=64, help_text="What kind of work, such as orders.confirmation.")
    key = models.UUIDField(help_text="the row that the message is about")
    payload: models.JSONField[Any, Any] = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(
        default=0, help_text="How often it was begun, 1 or more; retrying goes on counting."
    )
    failures = models.PositiveIntegerField(default=0, help_text="attempts that ended in an unexpected error")
    request_id = models.CharField(max_length=64, default="", db_default="", help_text="of the request that caused it")
    traceparent = models.CharField(max_length=55, default="", db_default="", help_text="of its trace, as W3C has it")
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(
        max_length=200, default="", help_text="The type of the last error; its text may hold private data."
    )

    @property
    def origin(self) -> Origin:
        """Where it comes from."""
        return Origin(self.request_id, self.traceparent)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"], name="outbox_due", condition=models.Q(done_at__isnull=True, dead_at__isnull=True)
            ),
            models.Index(fields=["key", "topic"], name="outbox_key"),
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)),
            models.Index(fields=["created_at", "id"], name="outbox_dead", condition=DEAD),
        ]
