"""Outbox work of the payments domain."""

from __future__ import annotations

import functools
from datetime import timedelta

from django.utils import timezone

from domains.common.background import outbox, periodic
from domains.common.background.models import OutboxMessage
from domains.payments import services
from domains.payments.models import WebhookEvent
from domains.payments.stripe import webhooks

INBOX_RETENTION = timedelta(days=30)  # Stripe repeats itself for three days at most
PATIENCE = timedelta(days=1)  # longer than a provider's outage, shorter than a hold lives


@outbox.handler(services.OPERATION)
def carry_out_operation(message: OutboxMessage) -> None:
    """Capture, void or refund, again and again until the provider answers; after PATIENCE each silence is a failure.

    As with a revoked key, somebody must look then: the message dies, and staff retry it.
    """
    try:
        services.carry_out(message.key)
    except services.GatewayUnavailable as error:
        if timezone.now() - message.created_at > PATIENCE:
            raise
        wait = outbox.back_off(message.attempts, base=timedelta(seconds=5), most=timedelta(minutes=1))
        raise outbox.Postpone(wait) from error


@outbox.handler(webhooks.TOPIC)
def process_webhook(message: OutboxMessage) -> outbox.Effect:
    """Promise CHANGED for the intent's payment; it is read anew then, so order and repetitions do not matter."""
    event = WebhookEvent.objects.filter(id=message.key)
    services.provider_changed(event.get().intent_id)
    return functools.partial(event.update, processed_at=timezone.now())


@periodic.every(timedelta(hours=1))
def purge_inbox() -> None:
    """Delete webhook events older than INBOX_RETENTION."""
    old = timezone.now() - INBOX_RETENTION
    periodic.purge(WebhookEvent.objects.filter(created_at__lt=old).order_by("created_at"))
