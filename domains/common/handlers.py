"""Periodic work of the common domain."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from domains.common.background import outbox, periodic
from domains.common.background.models import DEAD, OutboxMessage
from domains.common.data.models import IdempotencyKey
from domains.common.guard.models import Attempt

RETENTION = timedelta(days=7)  # of idempotency keys
# Of mails that nobody took: anybody can register addresses that do not exist, and nobody retries so old a mail.
UNSENT_RETENTION = timedelta(days=30)


@periodic.every(timedelta(hours=1))
def purge() -> None:
    """Forget idempotency keys after RETENTION, finished outbox messages after OUTBOX_RETENTION_DAYS, and attempts that
    throttle nobody any more.

    Dead messages stay until somebody looks, but for mails, which go after UNSENT_RETENTION.
    """
    done = Now() - timedelta(days=settings.OUTBOX_RETENTION_DAYS)
    unsent = OutboxMessage.objects.filter(DEAD, topic__in=outbox.abandonable(), dead_at__lt=Now() - UNSENT_RETENTION)
    periodic.purge(
        IdempotencyKey.objects.filter(created_at__lt=Now() - RETENTION).order_by("created_at"),
        OutboxMessage.objects.filter(done_at__lt=done).order_by("done_at"),
        unsent.order_by("created_at"),
        Attempt.objects.filter(expires_at__lt=Now()).order_by("expires_at"),
    )
