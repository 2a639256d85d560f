"""Periodic work of the common domain."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from domains.common import periodic
from domains.common.models import Attempts, IdempotencyKey, OutboxMessage

RETENTION = timedelta(days=7)


@periodic.every(timedelta(hours=1))
def purge() -> None:
    """Forget idempotency keys and finished outbox messages after RETENTION, and attempts that throttle nobody any more.

    Dead messages stay until somebody looks.
    """
    before = timezone.now() - RETENTION
    IdempotencyKey.objects.filter(created_at__lt=before).delete()
    OutboxMessage.objects.filter(done_at__lt=before).delete()
    Attempts.objects.filter(expires_at__lt=timezone.now()).delete()
