"""The confirmation e-mail."""

from __future__ import annotations

import functools

from django.conf import settings

from domains.common.background import mails, outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.money import to_major
from domains.orders.models import Order
from domains.orders.services import events


def send_confirmation(message: OutboxMessage) -> outbox.Effect | None:
    """Send the mail; the event that says so commits with the acknowledgement. Not of an order cancelled meanwhile.

    May happen twice when a crash follows; the Message-ID is the same then, so mail programs merge.
    """
    order = Order.objects.select_related("customer").get(id=message.key)
    if order.status == Order.Status.CANCELLED:
        return None
    context = {
        "order": order,
        "customer": order.customer,
        "lines": [(line, to_major(line.total, order.currency)) for line in order.lines.order_by("position")],
        "total": to_major(order.total, order.currency),
        "link": f"{settings.FRONTEND_URL}/orders/{order.number}",
    }
    with mails.few(order.customer.email, proven=order.customer.email_verified):
        mails.send(
            to=order.customer.email,
            subject=f"Your order {order.number}",
            template="orders/confirmation",
            context=context,
            identifier=f"order-{order.id}-confirmation",
        )
    sent = events.Type.CONFIRMATION_EMAIL_SENT
    return functools.partial(events.note, order.id, sent, "The confirmation was e-mailed")
