"""The mails about an order, from the templates named like them; `transitions.MAILS` says which is sent when."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from domains.common.background import mails, outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.money import readable
from domains.orders.models import Order, OrderEvent
from domains.orders.services import events
from domains.orders.transitions import MAILS, REFUND
from domains.payments import services as payments

_PLACE = ("postal_code", "city")
_ADDRESS = (("name",), ("company",), ("line1",), ("line2",), _PLACE, ("region",), ("country_code",))  # a line each


def send(message: OutboxMessage) -> outbox.Effect | None:
    """Send a promised mail; the event that says so commits with the acknowledgement. None when it is overtaken, or its
    customer was erased.

    May happen twice when a crash follows; the Message-ID is the same then, so mail programs merge.
    """
    mail = MAILS[message.topic]
    order = Order.objects.select_related("customer", "payment", "shipment").get(id=message.key)
    refund_id = message.payload.get("refund_id")
    refund = order.payment.refunds.filter(id=refund_id, status=payments.RefundStatus.SUCCEEDED).first()
    overtaken = order.status not in mail.states or (message.topic == REFUND and refund is None)
    if overtaken or order.customer.erased_at:
        return None
    with mails.few(order.customer.email, proven=order.customer.email_verified):
        mails.send(
            to=order.customer.email,
            subject=mail.subject.format(order.number),
            template=message.topic.replace(".", "/"),
            context=_context(order, refund),
            identifier=f"order-{order.id}-{refund_id or message.topic.removeprefix('orders.')}",
        )
    note = str(mail.sent.label).rstrip(".")
    return functools.partial(events.note, order.id, mail.sent, note, actor=events.Actor.SYSTEM, **message.payload)


def note_unsent(message: OutboxMessage) -> None:
    """Say in the order's history that this mail does not arrive; once a mail, whatever staff do about it later."""
    order, refund_id = Order.objects.get(id=message.key), message.payload.get("refund_id")
    data = {"topic": message.topic, **({"refund_id": refund_id} if refund_id else {})}
    text = f'The mail "{MAILS[message.topic].subject.format(order.number)}" could not be delivered'
    if not OrderEvent.objects.filter(order=order, type=events.Type.EMAIL_NOT_SENT, data=data).exists():
        events.note(order.id, events.Type.EMAIL_NOT_SENT, text, actor=events.Actor.SYSTEM, **data)


def _context(order: Order, refund: payments.Refund | None) -> dict[str, Any]:
    """What the templates show. What somebody typed is left out where the address may be a stranger's."""
    money = functools.partial(readable, currency=order.currency)
    typed = {"name": order.customer.name, "note": order.note, "address": _address(order.delivery_address or {})}
    return {
        "number": order.number,
        "status": order.status,
        "link": order.page,
        "lines": [(line, money(line.total)) for line in order.lines.order_by("position")],
        "charges": [(charge, money(charge.amount)) for charge in order.charges.order_by("kind")],
        "subtotal": money(order.total - order.charges_total),
        "total": money(order.total),
        "tax": money(order.tax) if order.tax else "",
        "captured": money(order.payment.captured) if order.payment.captured else "",
        "refunded": money(refund.amount) if refund else "",
        "shipment": getattr(order, "shipment", None),
        "expires_at": order.expires_at,
        "history": set(order.events.values_list("type", flat=True)),
        **(typed if order.customer.email_verified else {}),
    }


def _address(address: Mapping[str, str]) -> list[str]:
    lines = (" ".join(filter(None, map(address.get, names))) for names in _ADDRESS)
    return [line for line in lines if line]
