"""An order follows its payment: captured money makes it FULFILLED, money given back in full REFUNDED.

The payment moves by our own operations, and by what is done at the provider without us: a hold that is gone there
cancels a CONFIRMED order. A CANCELLED order keeps no money: what was taken all the same is given back.
"""

from __future__ import annotations

from uuid import UUID

from domains.common.background import changes
from domains.common.data.transactions import retried, short_transaction
from domains.orders.models import Order
from domains.orders.services import events
from domains.orders.services.refusals import note_refusals
from domains.payments import comparing, operations
from domains.payments.models import Payment, PaymentOperation
from domains.products import stock

CANCELLED_BUT_PAID = "The order was cancelled"  # the reason of a refund that nobody asked for

Status = Order.Status


class MoneyKept(Exception):
    """The money of a CANCELLED order was taken, and the provider refuses to give it back: for people to look at."""


@retried
def follow_payment(order_id: UUID) -> None:
    """Move the order to where its payment has been brought. Safe to repeat."""
    with short_transaction():
        order = _locked(order_id)
        changes.announce(events.topic(order_id))  # the payment has changed, if not the order
        _follow(order, operations.locked(order.payment_id))


def follow_provider(order_id: UUID) -> None:
    """Ask the provider about a decided order's payment, and move both to where it is.

    A refund that fails later makes a REFUNDED order FULFILLED again: its money can be refunded once more. Raises
    GatewayUnavailable or comparing.Outdated (ask again), and MoneyKept as often as it is called until a person has
    given the money back at the provider.
    """
    order = Order.objects.get(id=order_id)
    if order.status == Status.PENDING:  # settling asks about those
        return
    if sight := comparing.look(order.payment_id):
        _adopt(order_id, sight)
    if _is_stuck(Order.objects.get(id=order_id)):
        raise MoneyKept


@retried
def _adopt(order_id: UUID, sight: comparing.Sight) -> None:
    with short_transaction():
        order = _locked(order_id)
        payment = comparing.adopt(sight)
        if payment.updated_at != sight.ours:
            changes.announce(events.topic(order_id))
        released = payment.status == Payment.Status.VOIDED
        if released and events.move(order_id, before=Status.CONFIRMED, after=Status.CANCELLED):
            events.note(order_id, events.Type.CANCELLED, "The hold on the payment ended at the provider")
            stock.put_back(events.quantities(order_id), order_id=order_id)
        _follow(order, payment)


def _locked(order_id: UUID) -> Order:
    """One at a time, or a refund would be told twice."""
    return Order.objects.select_for_update(no_key=True).get(id=order_id)


def _follow(order: Order, payment: Payment) -> None:
    note_refusals(order, payment)
    if payment.status != Payment.Status.CAPTURED:
        return
    if events.move(order.id, before=Status.CONFIRMED, after=Status.FULFILLED):
        events.note(order.id, events.Type.FULFILLED, "The order was sent and the payment captured")
    _note_refunds(order, payment)
    whole = payment.refunded == payment.captured
    if whole and events.move(order.id, before=Status.FULFILLED, after=Status.REFUNDED):
        events.note(order.id, events.Type.REFUNDED, "All of the money was given back")
    if not whole:
        events.move(order.id, before=Status.REFUNDED, after=Status.FULFILLED)
    if order.status == Status.CANCELLED and not whole:
        _give_back(order, payment)


def _note_refunds(order: Order, payment: Payment) -> None:
    """One event for each refund, and for each that failed later, told apart by its id."""
    made = _told(order, events.Type.REFUND_MADE)
    refunds = {str(refund.id): refund for refund in payment.refunds.order_by("created_at")}
    for refund_id, refund in refunds.items():
        if refund_id not in made:
            told_as = refund.reason or "Money was given back"
            events.note(order.id, events.Type.REFUND_MADE, told_as, refund_id=refund_id, amount=refund.amount)
    for refund_id in made - refunds.keys() - _told(order, events.Type.REFUND_FAILED):
        told_as = "The bank did not take a refund: its money was not given back"
        events.note(order.id, events.Type.REFUND_FAILED, told_as, refund_id=refund_id)


def _told(order: Order, type_: events.Type) -> set[str]:
    return set(order.events.filter(type=type_).values_list("data__refund_id", flat=True))


def _give_back(order: Order, payment: Payment) -> None:
    """Once: a refund that the provider refused would be refused again."""
    amount = operations.refundable(payment)
    if operations.is_busy(payment.id) or _refused(payment):
        return
    operations.request(payment.id, operations.Kind.REFUND, amount=amount, reason=CANCELLED_BUT_PAID)
    note = f"Money was taken for the cancelled order: {amount} minor units are being given back"
    events.note(order.id, events.Type.REFUND_REQUESTED, note)


def _refused(payment: Payment) -> bool:
    refunds = payment.operations.filter(kind=PaymentOperation.Kind.REFUND)
    return refunds.filter(status=PaymentOperation.Status.FAILED).exists()


def _is_stuck(order: Order) -> bool:
    if order.status != Status.CANCELLED or operations.is_busy(order.payment_id):
        return False
    return operations.refundable(order.payment) > 0  # read only now: with the effect of what has just ended
