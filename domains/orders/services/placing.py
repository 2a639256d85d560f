"""Placing an order: reserve in one short transaction, hold the money outside any, decide in a second one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from domains.common.background import outbox
from domains.common.data import idempotency
from domains.common.data.models import BaseModel, new_id
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import from_now
from domains.common.errors import FieldErrorCode, ValidationError
from domains.common.guard.bulkhead import PAYMENTS, BulkheadFullError
from domains.common.viewer import Viewer
from domains.delivery import services as delivery
from domains.orders.errors import PriceChangedError
from domains.orders.models import Order
from domains.orders.services import events, settling
from domains.orders.services.carts import Cart, CartLine, Checkout, Delivery
from domains.orders.services.limiting import LOCK_ACCOUNT, check_limits
from domains.orders.services.replaying import replay
from domains.orders.services.totals import Totals, totals
from domains.payments import services as payments
from domains.products import stock
from domains.products.errors import InsufficientStockError, ProductUnavailableError, StockShortage

OPERATION = "createOrder"
SETTLE_AFTER = timedelta(seconds=15)  # a crash after the first transaction is picked up then


@dataclass(frozen=True, slots=True)
class Placement:
    """An order, and whether an earlier call with the same key made it."""

    order: Order
    replayed: bool


def create_order(
    *,
    viewer: Viewer,
    lines: Sequence[CartLine],
    payment_method: str,
    key: UUID,
    delivery: Delivery | None = None,
    note: str = "",
    expected_total: Decimal | None = None,
) -> Placement:
    """Place an order and hold its money. `expected_total` is in major units of STORE_CURRENCY.

    Raises ValidationError, RateLimitedError, ProductUnavailableError, InsufficientStockError and PriceChangedError
    (nothing written, the key stays free), IdempotencyConflictError, PaymentDeclinedError (order cancelled, stock back),
    PaymentPendingError (undecided yet), and ServiceUnavailableError when the calls to the provider have all the threads
    they may have: nothing is written.
    """
    checkout = Checkout(lines, payment_method, delivery, note, expected_total)
    try:
        with PAYMENTS.enter():
            return _create_order(viewer, checkout, key)
    except BulkheadFullError:  # who repeats a call hears of it all the same, without waiting
        known_id = _known(viewer, checkout, key)
        if known_id is None:
            raise
    return Placement(settling.answer(known_id), replayed=True)


def _create_order(viewer: Viewer, checkout: Checkout, key: UUID) -> Placement:
    order_id = new_id()
    placed_id, payment = _place(viewer=viewer, checkout=checkout, key=key, order_id=order_id)
    if payment is None:
        return Placement(replay(placed_id), replayed=True)
    with settling.pending(order_id):
        confirmed = settling.decide(order_id, payment.id, settling.ask(payment.order), answered=True)
    return Placement(confirmed or settling.answer(order_id), replayed=False)


def _known(viewer: Viewer, checkout: Checkout, key: UUID) -> UUID | None:
    """The order of an earlier call."""
    assert viewer.user_id is not None
    return idempotency.find(owner_id=viewer.user_id, operation=OPERATION, key=key, fingerprint=checkout.fingerprint)


@retried
def _place(*, viewer: Viewer, checkout: Checkout, key: UUID, order_id: UUID) -> tuple[UUID, payments.Payment | None]:
    """The first transaction. The id of the order that the key stands for: `order_id`, with its payment, when it is new.

    Otherwise the order of an earlier call.
    """
    assert viewer.user_id is not None
    with short_transaction():
        known_id = idempotency.claim(
            owner_id=viewer.user_id,
            operation=OPERATION,
            key=key,
            fingerprint=checkout.fingerprint,
            result_id=order_id,
            then=LOCK_ACCOUNT,
        )
        if known_id != order_id:
            return known_id, None
        # Only now: a replay is answered whatever has become of the account, the products and the delivery method.
        method = _method(checkout.delivery)
        check_limits(viewer.user_id, origin := payments.origin())
        sums = _totals(checkout, method, order_id)
        payment = _payment(viewer.user_id, checkout, sums, origin)
        events.announce(order_id, viewer.user_id)
        _take(checkout.cart, order_id, [payment, *_rows(payment, checkout, sums, order_id)])
    return order_id, payment


def _method(wanted: Delivery | None) -> delivery.Method | None:
    """What is wanted, as it is now. Raises ValidationError."""
    if wanted is None:
        return None
    if method := delivery.wanted(wanted.method_id, wanted.address.country_code):
        return method
    raise ValidationError([delivery.not_offered("delivery", "methodId")])


def _totals(checkout: Checkout, method: delivery.Method | None, order_id: UUID) -> Totals:
    """What is to be paid. Prices are read once: what is compared with what the customer saw is what is held."""
    cart = checkout.cart
    _check(cart, offers := stock.on_sale(cart.quantities))
    sums = totals(order_id, cart.quantities, offers, method)
    if refusal := payments.too_small(sums.total, settings.STORE_CURRENCY):
        raise ValidationError.of("lines", message=refusal, code=FieldErrorCode.TOO_SMALL)
    if checkout.expected not in (None, sums.total):
        raise PriceChangedError(expected=checkout.expected, actual=sums.total, currency=settings.STORE_CURRENCY)
    return sums


def _check(cart: Cart, offers: Mapping[UUID, stock.Offer]) -> None:
    """Refuse early, before anything hot is locked."""
    if short := stock.shortfall(cart.quantities, {id_: offer.stock for id_, offer in offers.items()}):
        raise _refusal(cart, short)


def _payment(customer_id: UUID, checkout: Checkout, sums: Totals, origin: str) -> payments.Payment:
    return payments.Payment(
        payer_id=customer_id,
        currency=settings.STORE_CURRENCY,
        amount=sums.total,
        method=checkout.payment_method,
        provider=settings.PAYMENT_GATEWAY,
        origin=origin,
    )


def _rows(payment: payments.Payment, checkout: Checkout, sums: Totals, order_id: UUID) -> list[BaseModel]:
    """Order, lines, charges, first event, and the promise to settle the payment."""
    order = Order(
        id=order_id,
        customer_id=payment.payer_id,
        currency=payment.currency,
        total=sums.total,
        charges_total=sums.charges_total,
        tax=sums.tax,
        note=checkout.note,
        delivery_address=checkout.delivery and checkout.delivery.address.to_json(),
        payment=payment,
        expires_at=from_now(timedelta(minutes=settings.ORDER_PAYMENT_WINDOW_MINUTES)),
    )
    buyer = events.Actor.CUSTOMER
    placed = events.event(order_id, events.Type.PLACED, "Order placed", actor=buyer, actor_id=order.customer_id)
    promise = outbox.promise(settling.SETTLE, key=order_id, due_in=SETTLE_AFTER)
    return [*sums.lines, *sums.charges, placed, promise, order]  # its number is read back: see `insert`


def _take(cart: Cart, order_id: UUID, rows: list[BaseModel]) -> None:
    try:
        stock.take(cart.quantities, order_id=order_id, rows=rows)
    except stock.OutOfStock as refusal:
        raise _refusal(cart, refusal.short) from None


def _refusal(cart: Cart, short: Mapping[UUID, int | None]) -> InsufficientStockError | ProductUnavailableError:
    """All that is short, as `stock.shortfall` tells it; first what is not for sale at all."""
    if gone := [id_ for id_, available in short.items() if available is None]:
        return ProductUnavailableError(gone, path=cart.path(gone[0], "productId"))
    return InsufficientStockError(
        [
            StockShortage(id_, cart.quantities[id_], available, cart.path(id_, "quantity"))
            for id_, available in short.items()
            if available is not None
        ]
    )
