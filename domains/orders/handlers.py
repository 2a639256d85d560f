"""Outbox work and periodic work of the orders domain."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from django.db.models.functions import Now

from domains.common.background import mails, outbox, periodic
from domains.common.background.models import OutboxMessage
from domains.orders.models import Order, OrderChange
from domains.orders.services import auditing, cancelling, following, mailing, settling
from domains.orders.transitions import MAILS
from domains.payments import services as payments

WATCHED = timedelta(hours=1)


@outbox.handler(settling.SETTLE, queue=payments.QUEUE)
def settle(message: OutboxMessage) -> None:
    """Decide an order whose payment is open."""
    settling.settle_order(message.key, attempts=message.attempts)


@outbox.handler(payments.CHANGED, queue=payments.QUEUE, away=(payments.GatewayUnavailable, payments.Outdated))
def payment_changed(message: OutboxMessage) -> None:
    """The payment has changed, here or at the provider: look at its order now."""
    for order_id in Order.objects.filter(payment_id=message.key).values_list("id", flat=True):
        following.follow_payment(order_id)
        with contextlib.suppress(outbox.Postpone):  # not decided yet: the promise to settle it stands
            settling.settle_order(order_id)
        following.follow_provider(order_id)


@outbox.handler(cancelling.END_HOLD, queue=payments.QUEUE, away=(payments.GatewayUnavailable, payments.Outdated))
def end_hold(message: OutboxMessage) -> None:
    """Give a hold up before its provider does."""
    cancelling.end_hold(message.key)


@periodic.every(timedelta(minutes=10))
def purge_changes() -> None:
    """Forget what every open stream has read long ago."""
    periodic.purge(OrderChange.objects.filter(created_at__lt=Now() - WATCHED).order_by("id"))


periodic.every(timedelta(hours=1))(auditing.audit)
for topic in MAILS:
    mails.handler(topic, abandon=mailing.note_unsent)(mailing.send)
periodic.every(timedelta(seconds=30), queue=payments.QUEUE)(settling.expire_orders)
periodic.every(timedelta(minutes=10), queue=payments.QUEUE)(cancelling.expire_holds)
