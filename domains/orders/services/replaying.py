"""The same key again: wait for the first call, then give its answer."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from domains.common.data.transactions import assert_no_transaction
from domains.orders.models import Order
from domains.orders.services.settling import answer
from domains.payments.models import Payment

POLL_SECONDS = 0.05


def replay(order_id: UUID) -> Order:
    """The order of an earlier call, as it is now. Raises what that call raised.

    While its payment is undecided this waits, until a second after the gateway's time-out counted from the order.
    """
    assert_no_transaction()
    patience = timedelta(seconds=settings.PAYMENT_GATEWAY_TIMEOUT + 1)
    patient_until = Order.objects.values_list("created_at", flat=True).get(id=order_id) + patience
    undecided = Payment.objects.filter(
        order=order_id, order__status=Order.Status.PENDING, status=Payment.Status.PENDING
    )
    while undecided.exists() and timezone.now() < patient_until:
        time.sleep(POLL_SECONDS)
    return answer(order_id)
