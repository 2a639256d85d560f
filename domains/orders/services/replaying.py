"""The same key again: wait for the first call, then give its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from domains.common.data.transactions import assert_no_transaction
from domains.orders.models import Order
from domains.orders.services.settling import answer
from domains.payments import services as payments

POLL_SECONDS = 0.05


def replay(order_id: UUID) -> Order:
    """The order of an earlier call, as it is now. Raises what that call raised.

    While its payment is undecided this waits, until a second after the gateway's time-out counted from the order.
    """
    order = Order.objects.filter(id=order_id)
    waiting = order.filter(status=Order.Status.PENDING, payment__status=payments.Payment.Status.PENDING)
    age = timezone.now() - order.values_list("created_at", flat=True).get()
    poll(lambda: not waiting.exists() or None, since=max(age, timedelta(0)))  # clocks differ
    return answer(order_id)


def poll[T](read: Callable[[], T | None], *, since: timedelta = timedelta(0)) -> T | None:
    """Read until something is there, outside any transaction: None when nothing was in time.

    That is a second more than a call to the provider may take, of which `since` has passed.
    """
    assert_no_transaction()
    patient_until = time.monotonic() + settings.PAYMENT_GATEWAY_TIMEOUT + 1 - since.total_seconds()
    while (found := read()) is None and time.monotonic() < patient_until:
        time.sleep(POLL_SECONDS)
    return found
