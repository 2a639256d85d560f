"""The base of every model, and the idempotency keys."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: time-ordered, so inserts and keyset pages stay local."""
    return uuid7()


NO_ID = UUID(int=0)  # no row has it: what a malformed id stands for


class BaseModel(models.Model):
    """Primary key and timestamps (UTC) of every row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False, help_text="When it was made.")
    updated_at = models.DateTimeField(auto_now=True, help_text="When it last changed.")

    class Meta:
        abstract = True


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
