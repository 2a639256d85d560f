"""Deciding an order by what the payment provider says; a crash at any point before is picked up here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from django.db.models.functions import Now

from domains.common.background import outbox
from domains.common.data.money import readable
from domains.common.data.transactions import retried, short_transaction, writing
from domains.common.data.writes import insertion
from domains.common.errors import FieldErrorCode, ServiceUnavailableError, ValidationError
from domains.common.guard.bulkhead import PAYMENTS
from domains.orders.errors import PaymentDeclinedError, PaymentPendingError
from domains.orders.models import Order, OrderLine
from domains.orders.services import events
from domains.orders.transitions import ACTIONS, MOVES, Action
from domains.payments import services as payments
from domains.products import stock

logger = logging.getLogger(__name__)

SETTLE = "orders.settle"  # outbox topic; the key is the order's id
RETRY = timedelta(seconds=5)
MAX_RETRY = timedelta(minutes=1)
EXPIRED = "expired"  # decline code of a payment that was not completed in time
ENDED_AT_ONCE = 100  # orders in one run of a periodic task

Status = Order.Status
Paid = payments.Payment.Status


def settle_order(order_id: UUID, *, attempts: int = 1) -> None:
    """Ask the provider and decide, or give up when the payment window has passed.

    `attempts`, from 1 on, lengthen the wait until the next one. Raises outbox.Postpone while there is nothing to
    decide yet.
    """
    order = Order.objects.select_related("payment").get(id=order_id)
    if order.status != Status.PENDING:  # decided; a hold that came too late has its own void
        return
    if Order.objects.filter(id=order_id, expires_at__lte=Now()).exists():
        if void_id := _expire(order):
            release(void_id)
        return
    decide(order.id, order.payment_id, ask(order))
    if Order.objects.filter(id=order_id, status=Status.PENDING).exists():
        raise outbox.Postpone(outbox.back_off(attempts, base=RETRY, most=MAX_RETRY))


def ask(order: Order) -> payments.Outcome:
    """Bring the hold of an order's payment as far as it goes, under the name by which people know the order."""
    return payments.settle(order.payment, payments.Purchase(reference=order.number, page=order.page))


def expire_orders() -> int:
    """End orders whose payment window has passed; how many. Called periodically.

    The outbox carries their voids out, each in a task of its own. The oldest come first: one in trouble must not keep
    all others waiting.
    """
    late = Order.objects.filter(status=Status.PENDING, expires_at__lte=Now()).order_by("expires_at")
    ended = 0
    for order in list(late[:ENDED_AT_ONCE]):
        try:
            ended += _expire(order) is not None
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("order that is to end is in trouble", extra={"order_id": str(order.id)})
    return ended


def release(void_id: UUID) -> None:
    """Carry out a void; one without a thread or an answer, or whose answer finds a busy database, goes on later."""
    try:
        with PAYMENTS.enter():
            payments.carry_out(void_id)
    except (payments.GatewayUnavailable, ServiceUnavailableError):
        logger.warning("void goes on in the background", extra={"operation_id": str(void_id)})


@retried
def decide(order_id: UUID, payment_id: UUID, outcome: payments.Outcome, *, answered: bool = False) -> Order | None:
    """The second transaction: write the outcome down for order and payment together. Safe to repeat.

    The order when this call confirmed it. `answered`: the customer waits for what this makes of it.
    """
    action = ACTIONS[Status.PENDING, outcome.status]
    if action is Action.CONFIRM and (confirmed := _confirm(order_id, payment_id, outcome)):
        return confirmed
    with short_transaction():
        match action:
            case Action.CONFIRM:
                _record_late(order_id, payment_id, outcome)
            case Action.DECLINE | Action.ABORT:
                _end(action, order_id, payment_id, outcome, answered=answered)
            case Action.ASK:
                if payments.record(payment_id, outcome):
                    message = "The payment waits until the customer has confirmed it with the bank"
                    events.note(order_id, events.Type.PAYMENT_ACTION_REQUIRED, message, actor=events.Actor.PROVIDER)
            case Action.WAIT:
                outbox.hasten(SETTLE, key=order_id)
    return None


def answer(order_id: UUID) -> Order:
    """The order as its customer hears of it now.

    Raises PaymentDeclinedError or PaymentPendingError; ValidationError when the provider refused the amount.
    """
    order = Order.objects.select_related("payment").get(id=order_id)
    if order.payment.status == Paid.FAILED and order.payment.decline_code in payments.AMOUNT_REFUSED:
        message = f"The payment provider does not charge {readable(order.total, order.currency)}"
        code = FieldErrorCode.TOO_SMALL if "small" in order.payment.decline_code else FieldErrorCode.TOO_LARGE
        raise ValidationError.of("lines", message=message, code=code)
    if order.payment.status == Paid.FAILED:
        raise PaymentDeclinedError(payments.public_code(order.payment.decline_code))
    if order.status == Status.CANCELLED and order.events.filter(type=events.Type.EXPIRED).exists():
        raise PaymentDeclinedError(EXPIRED)
    if (order.status, order.payment.status) == (Status.PENDING, Paid.PENDING):
        raise PaymentPendingError(order.id)
    return order


@contextmanager
def pending(order_id: UUID) -> Iterator[None]:
    """Raise PaymentPendingError for a provider without an answer, and for a database too busy to write it down.

    ServiceUnavailableError says that nothing was written: not true once the provider may have been called. The outbox
    goes on with the rest.
    """
    try:
        yield
    except (payments.GatewayUnavailable, ServiceUnavailableError):
        raise PaymentPendingError(order_id) from None


def close(order_id: UUID, payment_id: UUID, *, void: bool = True) -> UUID | None:
    """Give back what an order that has just become CANCELLED held, in that transaction: hold and stock.

    The id of the void; None when none could be claimed, or none was wanted.
    """
    outbox.withdraw(SETTLE, key=order_id)
    void_id = payments.request(payment_id, payments.Kind.VOID) if void else None
    stock.put_back(quantities(order_id), order_id=order_id)  # last, as it locks hot rows
    return void_id


def quantities(order_id: UUID) -> dict[UUID, int]:
    """How many of which products are in the order."""
    return dict(OrderLine.objects.filter(order_id=order_id).values_list("product_id", "quantity"))


@retried
def _expire(order: Order) -> UUID | None:
    """End the order and claim the void together: a hold that arrives in between finds an order that is over."""
    with short_transaction():
        if events.take(Action.EXPIRE, order.id, before=Status.PENDING):
            return close(order.id, order.payment_id)
    return None


def _confirm(order_id: UUID, payment_id: UUID, outcome: payments.Outcome) -> Order | None:
    """What nearly every order comes to is one statement, which needs no transaction around it."""
    after, event_type, message, actor = MOVES[Action.CONFIRM]
    confirmed = events.event(order_id, event_type, message, actor=actor)
    news = insertion(confirmed, *events.mails(confirmed))
    then = [*payments.holding(payment_id, outcome), outbox.withdrawal(SETTLE, key=order_id), *news]
    with writing():
        return events.move(order_id, before=Status.PENDING, after=after, then=then)


def _record_late(order_id: UUID, payment_id: UUID, outcome: payments.Outcome) -> None:
    """The order was cancelled or has expired while the provider was working: the hold must go."""
    recorded = payments.record(payment_id, outcome)
    outbox.withdraw(SETTLE, key=order_id)
    if recorded:
        now = Order.objects.values_list("status", flat=True).get(id=order_id)
        if ACTIONS[now, outcome.status] is Action.VOID:
            payments.request(payment_id, payments.Kind.VOID)


def _end(action: Action, order_id: UUID, payment_id: UUID, outcome: payments.Outcome, *, answered: bool) -> None:
    ended = events.take(action, order_id, before=Status.PENDING, answered=answered)
    payments.record(payment_id, outcome)
    if ended:  # a declined intent could be tried again with another card
        close(order_id, payment_id, void=action is Action.DECLINE)
    else:
        outbox.withdraw(SETTLE, key=order_id)
