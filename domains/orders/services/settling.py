"""Deciding an order by what the payment provider says; a crash at any point before is picked up here."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from domains.common.background import outbox
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import insert
from domains.common.errors import ServiceUnavailableError
from domains.orders.errors import PaymentDeclinedError, PaymentPendingError
from domains.orders.models import Order
from domains.orders.services import events
from domains.payments import operations
from domains.payments import services as payments
from domains.payments.gateway import GatewayUnavailable
from domains.payments.models import Payment
from domains.payments.services import Outcome, Verdict
from domains.products import stock

logger = logging.getLogger(__name__)

SETTLE = "orders.settle"  # outbox topics; the key is the order's id
CONFIRMATION = "orders.confirmation"
RETRY = timedelta(seconds=5)
MAX_RETRY = timedelta(minutes=1)
EXPIRED = "expired"  # decline code of a payment that was not completed in time
EXPIRED_AT_ONCE = 100  # orders in one run of the periodic task

Status = Order.Status


def settle_order(order_id: UUID, *, attempts: int = 1) -> None:
    """Ask the provider and decide, or give up when the payment window has passed.

    Raises outbox.Postpone while there is nothing to decide yet.
    """
    order = Order.objects.select_related("payment").get(id=order_id)
    if order.status != Status.PENDING:  # decided; a hold that came too late has its own void
        return
    if order.expires_at <= timezone.now():
        _give_up(order)
        return
    decide(order.id, order.payment_id, payments.settle(order.payment))
    if Order.objects.filter(id=order_id, status=Status.PENDING).exists():
        raise outbox.Postpone(outbox.back_off(attempts, base=RETRY, most=MAX_RETRY))


def expire_orders() -> int:
    """End orders whose payment window has passed; how many were looked at. Called periodically."""
    late = Order.objects.filter(status=Status.PENDING, expires_at__lte=timezone.now()).order_by("expires_at")
    orders = list(late[:EXPIRED_AT_ONCE])
    for order in orders:
        try:
            _expire(order)  # the outbox carries the voids out, each in a task of its own
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # the oldest come first: one in trouble must not keep all others waiting
            logger.exception("expired order is in trouble", extra={"order_id": str(order.id)})
    return len(orders)


def release(operation_id: UUID) -> None:
    """Carry out a void; one without an answer, or whose answer cannot be written down, goes on in the background."""
    try:
        operations.carry_out(operation_id)
    except (GatewayUnavailable, ServiceUnavailableError):
        logger.warning("void goes on in the background", extra={"operation_id": str(operation_id)})


@retried
def decide(order_id: UUID, payment_id: UUID, outcome: Outcome) -> Order | None:
    """The second transaction: write the verdict down for order and payment together. Safe to repeat.

    The order when this call confirmed it.
    """
    with short_transaction():
        match outcome.verdict:
            case Verdict.AUTHORIZED:
                return _confirm(order_id, payment_id, outcome)
            case Verdict.REQUIRES_ACTION:
                if payments.record(payment_id, outcome):
                    events.note(order_id, events.Type.PAYMENT_ACTION_REQUIRED, "The payment waits for the customer")
            case Verdict.DECLINED:
                _end(order_id, payment_id, outcome, events.Type.PAYMENT_DECLINED, "The payment was declined")
            case Verdict.CANCELED:
                _end(order_id, payment_id, outcome, events.Type.EXPIRED, "The payment was not completed in time")
            case Verdict.UNKNOWN:
                outbox.hasten(SETTLE, key=order_id)
    return None


def answer(order_id: UUID) -> Order:
    """The order as its customer hears of it now. Raises PaymentDeclinedError or PaymentPendingError."""
    order = Order.objects.select_related("payment").get(id=order_id)
    if order.payment.status == Payment.Status.FAILED:
        raise PaymentDeclinedError(order.payment.decline_code)
    if order.status == Status.CANCELLED and order.events.filter(type=events.Type.EXPIRED).exists():
        raise PaymentDeclinedError(EXPIRED)
    if (order.status, order.payment.status) == (Status.PENDING, Payment.Status.PENDING):
        raise PaymentPendingError(order.id)
    return order


def _give_up(order: Order) -> None:
    if operation_id := _expire(order):
        release(operation_id)


@retried
def _expire(order: Order) -> UUID | None:
    """End the order and claim the void together: a hold that arrives in between finds an order that is over."""
    with short_transaction():
        if not events.move(order.id, before=Status.PENDING, after=Status.CANCELLED):
            return None
        events.note(order.id, events.Type.EXPIRED, "The payment was not completed in time")
        outbox.withdraw(SETTLE, key=order.id)
        operation_id = operations.request(order.payment_id, operations.Kind.VOID)
        stock.put_back(events.quantities(order.id), order_id=order.id)
    return operation_id


def _confirm(order_id: UUID, payment_id: UUID, outcome: Outcome) -> Order | None:
    confirmed = events.move(order_id, before=Status.PENDING, after=Status.CONFIRMED)
    recorded = payments.record(payment_id, outcome)
    outbox.withdraw(SETTLE, key=order_id)
    if confirmed:
        event = events.event(order_id, events.Type.CONFIRMED, "The payment is held; the order is confirmed")
        insert(event, outbox.promise(CONFIRMATION, key=order_id))
    elif recorded:  # cancelled or expired while the provider was working: the hold must go
        operations.request(payment_id, operations.Kind.VOID)
    return confirmed


def _end(order_id: UUID, payment_id: UUID, outcome: Outcome, type_: events.Type, message: str) -> None:
    cancelled = events.move(order_id, before=Status.PENDING, after=Status.CANCELLED)
    payments.record(payment_id, outcome)
    outbox.withdraw(SETTLE, key=order_id)
    if cancelled:
        events.note(order_id, type_, message)
        if outcome.verdict == Verdict.DECLINED:  # or its intent could be tried again with another card
            operations.request(payment_id, operations.Kind.VOID)
        stock.put_back(events.quantities(order_id), order_id=order_id)
