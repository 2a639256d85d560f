"""Outbox work and periodic work of the orders domain."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from django.utils import timezone

from domains.common.background import outbox, periodic
from domains.common.background.models import OutboxMessage
from domains.orders.models import Order
from domains.orders.services import cancelling, confirming, following, settling
from domains.payments import services as payments

PATIENCE = timedelta(days=1)  # a provider that has not answered for so long is for people to look at


@outbox.handler(settling.SETTLE)
def settle(message: OutboxMessage) -> None:
    """Decide an order whose payment is open."""
    settling.settle_order(message.key, attempts=message.attempts)


@outbox.handler(payments.CHANGED)
def payment_changed(message: OutboxMessage) -> None:
    """The payment has changed, here or at the provider: look at its order now."""
    for order_id in Order.objects.filter(payment_id=message.key).values_list("id", flat=True):
        following.follow_payment(order_id)
        with contextlib.suppress(outbox.Postpone):  # not decided yet: the promise to settle it stands
            settling.settle_order(order_id)
        try:
            following.follow_provider(order_id)
        except (payments.GatewayUnavailable, payments.Outdated) as error:
            if message.created_at < timezone.now() - PATIENCE:
                raise
            raise outbox.Postpone(outbox.back_off(message.attempts, most=timedelta(minutes=1))) from error


outbox.handler(settling.CONFIRMATION)(confirming.send_confirmation)
periodic.every(timedelta(seconds=30))(settling.expire_orders)
periodic.every(timedelta(minutes=10))(cancelling.expire_holds)
