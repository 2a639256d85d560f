"""The confirmation e-mail."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from domains.common.money import Amount
from domains.common.transactions import assert_no_transaction
from domains.orders.models import Order
from domains.orders.services import events


def send_confirmation(order_id: UUID) -> None:
    """Send the mail. May happen twice when a crash follows; the Message-ID is the same then, so mail programs merge."""
    assert_no_transaction()
    order = Order.objects.select_related("customer").prefetch_related("lines").get(id=order_id)
    context = {
        "order": order,
        "customer": order.customer,
        "lines": [(line, Amount(line.total, order.currency).decimal) for line in order.lines.order_by("position")],
        "total": Amount(order.total, order.currency).decimal,
        "link": f"{settings.FRONTEND_URL}/orders/{order.number}",
    }
    host = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">")
    mail = EmailMultiAlternatives(
        subject=f"Your order {order.number}",
        body=render_to_string("orders/confirmation.txt", context),
        to=[order.customer.email],
        headers={"Message-ID": f"<order-{order.id}-confirmation@{host}>"},
    )
    mail.attach_alternative(render_to_string("orders/confirmation.html", context), "text/html")
    mail.send()


def record_confirmation(order_id: UUID) -> None:
    """The effect that commits with the acknowledgement."""
    events.note(order_id, events.Type.CONFIRMATION_EMAIL_SENT, "The confirmation was e-mailed")
