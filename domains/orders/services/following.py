"""An order follows its payment, which moves by our own operations and by what is done at the provider without us."""

from __future__ import annotations

from uuid import UUID

from domains.common.data.money import readable
from domains.common.data.transactions import retried, short_transaction
from domains.orders.models import Order
from domains.orders.services import events
from domains.orders.services.sending import record_sending
from domains.orders.services.settling import close, quantities
from domains.orders.transitions import MOVES, SENT, Action, action_for
from domains.payments import services as payments
from domains.products import stock

CANCELLED_BUT_PAID = "The order was cancelled"  # the reason of a refund that nobody asked for

Kind = payments.Kind
Status = Order.Status
REFUSED = {
    Kind.CAPTURE: (events.Type.CAPTURE_FAILED, "The payment of {amount} could not be charged"),
    Kind.REFUND: (events.Type.REFUND_FAILED, "A refund of {amount} could not be made"),
}
NOTES = {
    payments.RefundStatus.SUCCEEDED: (events.Type.REFUND_MADE, "A refund of {amount} was made: {reason}"),
    payments.RefundStatus.FAILED: (events.Type.REFUND_FAILED, "The bank did not take a refund of {amount}"),
}


class MoneyKept(Exception):
    """The money of a CANCELLED order was taken, and the provider refuses to give it back: for people to look at."""


@retried
def follow_payment(order_id: UUID) -> None:
    """Move the order to where its payment has been brought. Safe to repeat."""
    with short_transaction():
        order = _locked(order_id)
        events.announce(order_id, order.customer_id)  # the payment has changed, if not the order
        _follow(order, payments.lock(order.payment_id))


def follow_provider(order_id: UUID) -> None:
    """Ask the provider about a decided order's payment, and move both to where it is.

    Raises GatewayUnavailable or Outdated (ask again), and MoneyKept as often as it is called until a person has given
    the money back at the provider.
    """
    order = Order.objects.get(id=order_id)
    if order.status == Status.PENDING:  # settling asks about those
        return
    if view := payments.ask_provider(order.payment_id):
        _reconcile(order_id, view)
    if _keeps_money(Order.objects.get(id=order_id)):
        raise MoneyKept


@retried
def _reconcile(order_id: UUID, view: payments.ProviderView) -> None:
    with short_transaction():
        order = _locked(order_id)
        payment = payments.reconcile(view)
        if payment.updated_at != view.updated_at:
            events.announce(order_id, order.customer_id)
        _follow(order, payment)


def _locked(order_id: UUID) -> Order:
    """One at a time, or a refund would be noted twice."""
    return Order.objects.select_for_update(no_key=True).get(id=order_id)


def _follow(order: Order, payment: payments.Payment) -> None:
    """One step before the refunds are noted, and one after: money is taken before it is given back."""
    _note_refusals(order, payment)
    if was_confirmed := order.status == Status.CONFIRMED:
        _step(order, payment)
    if payment.status == payments.Payment.Status.CAPTURED:
        _note_refunds(order, payment)
    _step(order, payment)
    if was_confirmed and order.status in SENT:
        record_sending(order, payment)


def _step(order: Order, payment: payments.Payment) -> None:
    match action := action_for(order, payment):
        case Action.FULFIL | Action.REFUND | Action.REOPEN | Action.LOSE:
            events.take(action, order.id, before=Status(order.status), actor=_sender(action, payment))
            order.status = MOVES[action].after
            if action is Action.FULFIL:
                stock.send(quantities(order.id))
            if action is Action.LOSE:
                close(order.id, order.payment_id, void=False)
        case Action.GIVE_BACK:
            _give_back(order, payment)
        # Settling and cancelling do the others: a VOID is claimed when its order ends, or when its hold comes too late.


def _sender(action: Action, payment: payments.Payment) -> events.Actor | None:
    """Staff send an order, unless it was sent by charging its money at the provider."""
    return events.Actor.STAFF if action is Action.FULFIL and payments.has_captured(payment) else None


def _note_refusals(order: Order, payment: payments.Payment) -> None:
    """One event for each refused capture and refund, told apart by the operation's id."""
    for operation in payments.refused(payment):
        type_, message = REFUSED[Kind(operation.kind)]
        operation_id = str(operation.id)
        if operation_id not in _noted(order, type_, "operation_id"):
            said = message.format(amount=readable(operation.amount, order.currency))
            if why := payments.readable_code(operation.failure_code):
                said = f"{said}: {why}"
            events.note(order.id, type_, said, actor=events.Actor.PROVIDER, operation_id=operation_id)


def _note_refunds(order: Order, payment: payments.Payment) -> None:
    """One event for each refund that was made, and for each that failed later, told apart by its id."""
    for refund in payment.refunds.exclude(status=payments.RefundStatus.PENDING).order_by("created_at"):
        amount = readable(refund.amount, refund.currency)
        type_, message = NOTES[payments.RefundStatus(refund.status)]
        refund_id = str(refund.id)
        if refund_id not in _noted(order, type_, "refund_id"):
            said = message.format(amount=amount, reason=refund.reason)
            events.note(order.id, type_, said, actor=events.Actor.PROVIDER, refund_id=refund_id, amount=refund.amount)


def _noted(order: Order, type_: events.Type, name: str) -> set[str]:
    """The ids that events of this type have in their data."""
    return set(order.events.filter(type=type_).values_list(f"data__{name}", flat=True))


def _give_back(order: Order, payment: payments.Payment) -> None:
    """Once: a refund that the provider refused would be refused again."""
    amount = payments.refundable(payment)
    if not amount or payments.is_busy(payment.id) or payments.has_failed_refund(payment):
        return
    payments.request(payment.id, Kind.REFUND, amount=amount, reason=CANCELLED_BUT_PAID)
    note = f"A refund of {readable(amount, order.currency)} is being made: it was charged for the cancelled order"
    events.note(order.id, events.Type.REFUND_REQUESTED, note, actor=events.Actor.SYSTEM)


def _keeps_money(order: Order) -> bool:
    if order.status != Status.CANCELLED or payments.is_busy(order.payment_id):
        return False
    return action_for(order, order.payment) is Action.GIVE_BACK  # read only now: with the effect of what has just ended
