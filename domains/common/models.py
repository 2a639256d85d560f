"""The base of every model, the outbox and the idempotency keys."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from domains.common.viewer import Viewer


def new_id() -> UUID:
    """A UUIDv7: time-ordered, so inserts and keyset pages stay local."""
    return uuid7()


DEAD = models.Q(dead_at__isnull=False, done_at__isnull=True)  # a dead message can still be withdrawn
NO_ID = UUID(int=0)  # no row has it: what a malformed id stands for


class BaseModel(models.Model):
    """Primary key and timestamps (UTC) of every row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class OutboxMessage(BaseModel):
    """Work that was promised in a transaction and is done after it, at least once, its effect recorded once.

    Due when `due_at` has passed, `done_at` and `dead_at` are empty and no lease runs.
    """

    topic = models.CharField(max_length=64)
    key = models.UUIDField(help_text="the row that the message is about")
    payload: models.JSONField[Any, Any] = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0, help_text="leases taken, postponed ones included")
    failures = models.PositiveIntegerField(default=0, help_text="attempts that ended in an unexpected error")
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"], name="outbox_due", condition=models.Q(done_at__isnull=True, dead_at__isnull=True)
            ),
            models.Index(fields=["key", "topic"], name="outbox_key"),
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)),
            models.Index(fields=["created_at", "id"], name="outbox_dead", condition=DEAD),
        ]


class FailedMessageQuerySet(models.QuerySet["FailedMessage"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """For staff alone, and while nobody has retried them."""
        return self.filter(DEAD) if viewer.is_staff else self.none()


class FailedMessage(OutboxMessage):
    """A message that failed so often that it is not tried any more: the dead letters of the outbox."""

    objects: ClassVar[models.Manager[FailedMessage]] = FailedMessageQuerySet.as_manager()

    class Meta:
        proxy = True


class Attempts(BaseModel):
    """When the latest attempts of somebody were made, at most as many as are allowed in a period: see `throttling`."""

    key = models.CharField(max_length=64, unique=True, help_text="keyed hash of who and what")
    made_at = ArrayField(models.DateTimeField(), default=list, help_text="those that count")
    pending_at = ArrayField(
        models.DateTimeField(), default=list, db_default=[], help_text="those whose outcome is not known yet"
    )
    expires_at = models.DateTimeField(help_text="from then on the row says nothing more")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="attempts_expired")]


class IdempotencyKey(BaseModel):
    """A key that a person used for an operation, with what it led to. Kept 7 days."""

    owner_id = models.UUIDField()
    operation = models.CharField(max_length=64)
    key = models.UUIDField()
    fingerprint = models.CharField(max_length=64, help_text="sha256 of the canonical input")
    result_id = models.UUIDField(help_text="the row that the first call made")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner_id", "operation", "key"], name="idempotency_key_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="idempotency_created")]
