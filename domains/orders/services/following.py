"""An order follows its payment: captured money makes it FULFILLED, money given back in full REFUNDED."""

from __future__ import annotations

from uuid import UUID

from domains.common import changes
from domains.common.transactions import retried, short_transaction
from domains.orders.models import Order
from domains.orders.services import events
from domains.payments.models import Payment

Status = Order.Status


@retried
def follow_payment(order_id: UUID) -> None:
    """Move the order to where its payment's operations have brought it. Safe to repeat."""
    with short_transaction():
        changes.announce(events.topic(order_id))  # the payment has changed, if not the order
        # One at a time, or a refund would be told twice.
        order = Order.objects.select_for_update(no_key=True).get(id=order_id)
        payment = order.payment
        if payment.status != Payment.Status.CAPTURED:
            return
        if events.move(order_id, before=Status.CONFIRMED, after=Status.FULFILLED):
            events.note(order_id, events.Type.FULFILLED, "The order was sent and the payment captured")
        _note_refunds(order_id, payment)
        whole = payment.refunded == payment.captured
        if whole and events.move(order_id, before=Status.FULFILLED, after=Status.REFUNDED):
            events.note(order_id, events.Type.REFUNDED, "All of the money was given back")


def _note_refunds(order_id: UUID, payment: Payment) -> None:
    """One event for each refund, told apart by its id."""
    told = set(payment.order.events.filter(type=events.Type.REFUND_MADE).values_list("data__refund_id", flat=True))
    for refund in payment.refunds.order_by("created_at"):
        if str(refund.id) not in told:
            told_as = refund.reason or "Money was given back"
            events.note(order_id, events.Type.REFUND_MADE, told_as, refund_id=str(refund.id), amount=refund.amount)
