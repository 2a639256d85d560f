"""Outbox work of the payments domain."""

from __future__ import annotations

import functools
from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from domains.common.background import outbox, periodic
from domains.common.background.models import OutboxMessage
from domains.payments import services
from domains.payments.models import WebhookEvent
from domains.payments.stripe import webhooks

INBOX_RETENTION = timedelta(days=30)  # Stripe repeats itself for three days at most


@outbox.handler(services.OPERATION, queue=services.QUEUE, away=services.GatewayUnavailable)
def carry_out_operation(message: OutboxMessage) -> None:
    """Capture, void or refund, again and again until the provider answers; after a day each silence is a failure.

    As with a revoked key, somebody must look then: the message dies, and staff retry it.
    """
    services.carry_out(message.key)


@outbox.handler(webhooks.TOPIC, queue=services.QUEUE)
def process_webhook(message: OutboxMessage) -> outbox.Effect:
    """Promise CHANGED for the intent's payment; it is read anew then, so order and repetitions do not matter."""
    event = WebhookEvent.objects.filter(id=message.key)
    services.provider_changed(event.get().intent_id)
    return functools.partial(event.update, processed_at=timezone.now())


@periodic.every(timedelta(hours=1))
def purge_inbox() -> None:
    """Delete webhook events older than INBOX_RETENTION."""
    old = WebhookEvent.objects.filter(created_at__lt=Now() - INBOX_RETENTION)
    periodic.purge(old.order_by("created_at"))
