"""The confirmation e-mail."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from domains.common.background import mails
from domains.common.data.money import Amount
from domains.orders.models import Order
from domains.orders.services import events


def send_confirmation(order_id: UUID) -> None:
    """Send the mail. May happen twice when a crash follows; the Message-ID is the same then, so mail programs merge."""
    order = Order.objects.select_related("customer").prefetch_related("lines").get(id=order_id)
    context = {
        "order": order,
        "customer": order.customer,
        "lines": [(line, Amount(line.total, order.currency).decimal) for line in order.lines.order_by("position")],
        "total": Amount(order.total, order.currency).decimal,
        "link": f"{settings.FRONTEND_URL}/orders/{order.number}",
    }
    mails.send(
        to=order.customer.email,
        subject=f"Your order {order.number}",
        template="orders/confirmation",
        context=context,
        identifier=f"order-{order.id}-confirmation",
    )


def record_confirmation(order_id: UUID) -> None:
    """The effect that commits with the acknowledgement."""
    events.note(order_id, events.Type.CONFIRMATION_EMAIL_SENT, "The confirmation was e-mailed")
