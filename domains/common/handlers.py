"""Periodic work of the common domain."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from domains.common.background import periodic
from domains.common.background.models import OutboxMessage
from domains.common.data.models import IdempotencyKey
from domains.common.guard.models import Attempt

RETENTION = timedelta(days=7)


@periodic.every(timedelta(hours=1))
def purge() -> None:
    """Forget idempotency keys and finished outbox messages after RETENTION, and attempts that throttle nobody any more.

    Dead messages stay until somebody looks.
    """
    old = Now() - RETENTION
    periodic.purge(
        IdempotencyKey.objects.filter(created_at__lt=old).order_by("created_at"),
        OutboxMessage.objects.filter(done_at__lt=old).order_by("done_at"),
        Attempt.objects.filter(expires_at__lt=Now()).order_by("expires_at"),
    )
