"""Outbox work of the payments domain."""

from __future__ import annotations

import contextlib
import functools
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from domains.common.background import outbox, periodic
from domains.common.background.models import OutboxMessage
from domains.common.data.transactions import short_transaction
from domains.common.data.writes import update
from domains.payments import services
from domains.payments.models import Refund, WebhookEvent
from domains.payments.stripe import webhooks

ASKED_AGAIN = timedelta(minutes=10)
ASKED_AT_ONCE = 100  # refunds


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


@periodic.every(timedelta(hours=1), queue=services.QUEUE)
def fetch_events() -> None:
    """What the provider could not tell us, where it is one that keeps its news."""
    if settings.PAYMENT_GATEWAY == "stripe":
        from domains.payments.stripe.fetching import fetch_undelivered  # the SDK takes 0.3 s to load

        with contextlib.suppress(services.GatewayUnavailable):  # logged; an hour later is soon enough
            fetch_undelivered()


@periodic.every(ASKED_AGAIN, queue=services.QUEUE)
def ask_about_pending_refunds() -> None:
    """Promise CHANGED for the payments of refunds that are PENDING and were not looked at for a while."""
    pending = Refund.objects.filter(status=services.RefundStatus.PENDING, updated_at__lt=Now() - ASKED_AGAIN)
    ids = list(pending.order_by("updated_at").values_list("id", flat=True)[:ASKED_AT_ONCE])
    with short_transaction():
        update(Refund.objects.filter(id__in=ids))  # the others come first next time
        for payment_id in set(Refund.objects.filter(id__in=ids).values_list("payment_id", flat=True)):
            outbox.enqueue(services.CHANGED, key=payment_id)


@periodic.every(timedelta(hours=1))
def purge_inbox() -> None:
    """Delete webhook events older than WEBHOOK_RETENTION_DAYS."""
    old = WebhookEvent.objects.filter(created_at__lt=Now() - timedelta(days=settings.WEBHOOK_RETENTION_DAYS))
    periodic.purge(old.order_by("created_at"))
