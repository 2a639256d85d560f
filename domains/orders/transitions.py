"""How orders move: the one place that says what follows from which (order, payment) state.

How a payment follows the provider's intent, whatever its order is, stands in `domains/payments/transitions.py`; the two
tables together say what follows from every (order, payment, intent). Each is walked whole by a test.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import NamedTuple

from domains.orders.models import Order, OrderEvent
from domains.payments.models import Payment

Status = Order.Status
Type = OrderEvent.Type
Actor = OrderEvent.Actor

CANCELLABLE = (Status.PENDING, Status.CONFIRMED)  # cancelOrder, in the order in which orders move
FULFILLABLE = Status.CONFIRMED  # fulfillOrder
REFUNDABLE = Status.FULFILLED  # refundOrder
SENT = (Status.FULFILLED, Status.REFUNDED)


class Action(Enum):
    """What is done about an order."""

    NONE = auto()  # order and payment agree
    WAIT = auto()  # the provider is asked again later
    ASK = auto()  # the customer has to act
    CONFIRM = auto()
    DECLINE = auto()
    EXPIRE = auto()  # by time
    FULFIL = auto()
    REFUND = auto()
    REOPEN = auto()  # a refund failed later: its money can be refunded once more
    ABORT = auto()  # the payment was cancelled at the provider: so is the order
    LOSE = auto()  # the hold is gone: the order is cancelled
    VOID = auto()  # a cancelled order keeps no hold: its void is claimed when either of them moves
    GIVE_BACK = auto()  # a cancelled order keeps no money


class Move(NamedTuple):
    """The order becomes `after`, with an event in its history unless the message is empty."""

    after: Order.Status
    event: OrderEvent.Type
    message: str
    actor: OrderEvent.Actor = Actor.PROVIDER


MOVES = {
    Action.CONFIRM: Move(Status.CONFIRMED, Type.CONFIRMED, "The payment is held; the order is confirmed"),
    Action.DECLINE: Move(Status.CANCELLED, Type.PAYMENT_DECLINED, "The payment was declined"),
    Action.EXPIRE: Move(Status.CANCELLED, Type.EXPIRED, "The payment was not completed in time", Actor.SYSTEM),
    Action.ABORT: Move(Status.CANCELLED, Type.CANCELLED, "The payment was cancelled at the payment provider"),
    Action.FULFIL: Move(Status.FULFILLED, Type.FULFILLED, "The order was sent and the payment charged"),
    Action.REFUND: Move(Status.REFUNDED, Type.REFUNDED, "All of the money was given back"),
    Action.REOPEN: Move(Status.FULFILLED, Type.FULFILLED, ""),
    Action.LOSE: Move(Status.CANCELLED, Type.CANCELLED, "The payment provider released the money that was held"),
}


class Mail(NamedTuple):
    """A mail to the customer: promised with each event of `causes`, due `after` it, noted as `sent`.

    One that leaves so late that the order is in none of `states` any more is overtaken: it is not sent.
    """

    causes: tuple[OrderEvent.Type, ...]
    states: tuple[Order.Status, ...]
    sent: OrderEvent.Type
    subject: str
    after: timedelta = timedelta(0)


CONFIRMATION = "orders.confirmation"  # outbox topics; the templates have the same names
REFUND = "orders.refund"
MAILS = {
    # A receipt is owed whatever comes later, but for an end before anything was sent.
    CONFIRMATION: Mail(
        (Type.CONFIRMED,),
        (Status.CONFIRMED, Status.FULFILLED, Status.REFUNDED),
        Type.CONFIRMATION_EMAIL_SENT,
        "Your order {}",
    ),
    # Most people are at their bank's page already: only who is not back after a minute is written to.
    "orders.action": Mail(
        (Type.PAYMENT_ACTION_REQUIRED,),
        (Status.PENDING,),
        Type.ACTION_EMAIL_SENT,
        "Your order {} waits for your bank",
        timedelta(minutes=1),
    ),
    # The parcel comes also when the money goes back.
    "orders.sending": Mail(
        (Type.FULFILLED,),
        (Status.FULFILLED, Status.REFUNDED),
        Type.SENDING_EMAIL_SENT,
        "Your order {} is on its way",
    ),
    "orders.cancellation": Mail(
        (Type.CANCELLED, Type.EXPIRED, Type.PAYMENT_DECLINED),
        (Status.CANCELLED,),
        Type.CANCELLATION_EMAIL_SENT,
        "Your order {} was cancelled",
    ),
    # One a refund, also of a cancelled order; one that failed meanwhile is overtaken.
    REFUND: Mail((Type.REFUND_MADE,), tuple(Status), Type.REFUND_EMAIL_SENT, "A refund for your order {}"),
}

# A row for each state of an order, a column for each of its payment; REFUNDED: captured, and all of it given back;
# REFUNDING: all of it is given back, and the provider has not done all of that yet.
# Dots are states that do not meet: nothing is done, and `invariants` finds them.
TABLE = """
    .          PENDING  REQUIRES_ACTION  AUTHORIZED  CAPTURED   REFUNDING  REFUNDED  VOIDED  FAILED
    PENDING    WAIT     ASK              CONFIRM     .          .          .         ABORT   DECLINE
    CONFIRMED  .        .                NONE        FULFIL     FULFIL     FULFIL    LOSE    .
    FULFILLED  .        .                .           NONE       NONE       REFUND    .       .
    REFUNDED   .        .                .           REOPEN     REOPEN     NONE      .       .
    CANCELLED  VOID     VOID             VOID        GIVE_BACK  NONE       NONE      NONE    NONE
"""

REFUNDING, ALL_REFUNDED = "REFUNDING", "REFUNDED"


def _parsed() -> dict[tuple[str, str], Action | None]:
    (_, *columns), *rows = (line.split() for line in TABLE.strip().splitlines())
    return {
        (order, payment): None if cell == "." else Action[cell]
        for order, *cells in rows
        for payment, cell in zip(columns, cells, strict=True)
    }


ACTIONS = _parsed()


def action_for(order: Order, payment: Payment) -> Action | None:
    """What is to be done about an order whose payment is this; None for states that do not meet."""
    if payment.status == Payment.Status.CAPTURED and payment.refunded == payment.captured:
        return ACTIONS[order.status, REFUNDING if payment.refunds_pending else ALL_REFUNDED]
    return ACTIONS[order.status, payment.status]
