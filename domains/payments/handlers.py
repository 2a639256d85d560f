"""Outbox work of the payments domain."""

from __future__ import annotations

import functools
from datetime import timedelta

from django.utils import timezone

from domains.common import outbox, periodic
from domains.common.models import OutboxMessage
from domains.payments import operations, services
from domains.payments.gateway import GatewayUnavailable
from domains.payments.models import WebhookEvent
from domains.payments.stripe import webhooks

INBOX_RETENTION = timedelta(days=30)  # Stripe repeats itself for three days at most


@outbox.handler(operations.OPERATION)
def carry_out_operation(message: OutboxMessage) -> None:
    """Capture, void or refund, again and again until the provider answers."""
    try:
        operations.carry_out(message.key)
    except GatewayUnavailable as error:
        wait = outbox.back_off(message.attempts, base=timedelta(seconds=5), most=timedelta(minutes=1))
        raise outbox.Postpone(wait) from error


@outbox.handler(webhooks.TOPIC)
def look_after_webhook(message: OutboxMessage) -> outbox.Effect:
    """Tell whoever listens that an intent changed; they read it anew, so order and repetitions do not matter."""
    services.provider_changed(WebhookEvent.objects.get(id=message.key).intent_id)
    return functools.partial(webhooks.mark_processed, message.key)


@periodic.every(timedelta(hours=1))
def purge_inbox() -> None:
    """Forget the provider's old news."""
    WebhookEvent.objects.filter(created_at__lt=timezone.now() - INBOX_RETENTION).delete()
