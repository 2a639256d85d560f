"""Placing an order: reserve in one short transaction, hold the money outside any, decide in a second one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from domains.common.background import outbox
from domains.common.data import idempotency
from domains.common.data.models import NO_ID, BaseModel, new_id
from domains.common.data.transactions import retried, short_transaction
from domains.common.data.writes import from_now
from domains.common.errors import FieldErrorCode, ValidationError
from domains.common.guard.bulkhead import PAYMENTS, BulkheadFullError
from domains.common.validation import Problems
from domains.common.viewer import Viewer
from domains.orders.models import Order
from domains.orders.services import events, settling
from domains.orders.services.limiting import LOCK_ACCOUNT, check_limits
from domains.orders.services.replaying import replay
from domains.orders.services.totals import Totals, totals
from domains.payments import services as payments
from domains.products import stock
from domains.products.errors import InsufficientStockError, ProductUnavailableError, StockShortage

OPERATION = "createOrder"
SETTLE_AFTER = timedelta(seconds=15)  # a crash after the first transaction is picked up then
MAX_METHOD_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class CartLine:
    """What a customer asks for. `product_id` is NO_ID when the id sent was not that of a product."""

    product_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Placement:
    """An order, and whether an earlier call with the same key made it."""

    order: Order
    replayed: bool


def create_order(*, viewer: Viewer, lines: Sequence[CartLine], payment_method: str, key: UUID) -> Placement:
    """Place an order and hold its money.

    Raises ValidationError, RateLimitedError, ProductUnavailableError and InsufficientStockError (nothing written, the
    key stays free), IdempotencyConflictError, PaymentDeclinedError (order cancelled, stock back), PaymentPendingError
    (undecided yet), and ServiceUnavailableError when the calls to the provider have all the threads they may have:
    nothing is written.
    """
    cart = Cart(lines, payment_method)
    try:
        with PAYMENTS.enter():
            return _create_order(viewer, cart, key)
    except BulkheadFullError:  # who repeats a call hears of it all the same, without waiting
        known_id = _known(viewer, cart, key)
        if known_id is None:
            raise
    return Placement(settling.answer(known_id), replayed=True)


def _create_order(viewer: Viewer, cart: Cart, key: UUID) -> Placement:
    order_id = new_id()
    placed_id, payment = _place(viewer=viewer, cart=cart, key=key, order_id=order_id)
    if payment is None:
        return Placement(replay(placed_id), replayed=True)
    with settling.pending(order_id):
        confirmed = settling.decide(order_id, payment.id, payments.settle(payment))
    return Placement(confirmed or settling.answer(order_id), replayed=False)


def _known(viewer: Viewer, cart: Cart, key: UUID) -> UUID | None:
    """The order of an earlier call."""
    assert viewer.user_id is not None
    return idempotency.find(owner_id=viewer.user_id, operation=OPERATION, key=key, fingerprint=cart.fingerprint)


class Cart:
    """The checked input: positive quantities by product, and where each product was named first."""

    def __init__(self, lines: Sequence[CartLine], payment_method: str) -> None:
        problems = Problems()
        self.method = problems.text("paymentMethod", payment_method, most=MAX_METHOD_CHARACTERS)
        if not 1 <= len(lines) <= settings.ORDER_MAX_LINES:
            code = FieldErrorCode.TOO_LONG if lines else FieldErrorCode.REQUIRED
            problems.add("lines", message=f"An order has 1 to {settings.ORDER_MAX_LINES} lines", code=code)
            problems.check()
        self.quantities: dict[UUID, int] = {}
        self._first: dict[UUID, int] = {}
        for index, line in enumerate(lines):
            self._add(index, line, problems)
        problems.check()

    def _add(self, index: int, line: CartLine, problems: Problems) -> None:
        most = settings.ORDER_MAX_QUANTITY
        if line.product_id == NO_ID:
            message = "This is not the id of a product"
            problems.add("lines", str(index), "productId", message=message, code=FieldErrorCode.UNKNOWN)
            return
        total = self.quantities.get(line.product_id, 0) + line.quantity
        if line.quantity < 1 or total > most:
            code = FieldErrorCode.TOO_SMALL if line.quantity < 1 else FieldErrorCode.TOO_LARGE
            problems.add("lines", str(index), "quantity", message=f"Order 1 to {most} of a product in all", code=code)
        self.quantities[line.product_id] = total
        self._first.setdefault(line.product_id, index)

    def path(self, product_id: UUID, field: str) -> list[str]:
        """Where the product was named first."""
        return ["lines", str(self._first[product_id]), field]

    @property
    def fingerprint(self) -> str:
        """The same whatever the order of lines and however quantities were spread over them."""
        lines = {str(product_id): quantity for product_id, quantity in self.quantities.items()}
        return idempotency.fingerprint({"lines": lines, "method": self.method})


@retried
def _place(*, viewer: Viewer, cart: Cart, key: UUID, order_id: UUID) -> tuple[UUID, payments.Payment | None]:
    """The first transaction. The id of the order that the key stands for: `order_id`, with its payment, when it is new.

    Otherwise the order of an earlier call.
    """
    assert viewer.user_id is not None
    with short_transaction():
        known_id = idempotency.claim(
            owner_id=viewer.user_id,
            operation=OPERATION,
            key=key,
            fingerprint=cart.fingerprint,
            result_id=order_id,
            then=LOCK_ACCOUNT,
        )
        if known_id != order_id:
            return known_id, None
        # Only now: a replay is answered whatever has become of the account and the products.
        check_limits(viewer.user_id, origin := payments.origin())
        # Read once: the prices that are compared with what the customer saw are those that are held.
        _check(cart, offers := stock.on_sale(cart.quantities))
        sums = _totals(cart, offers, order_id)
        payment = _payment(viewer.user_id, cart, sums, origin)
        _take(cart, order_id, [payment, *_rows(payment, cart, sums, order_id)])
    return order_id, payment


def _check(cart: Cart, offers: Mapping[UUID, stock.Offer]) -> None:
    """Refuse early, before anything hot is locked."""
    if short := stock.shortfall(cart.quantities, {id_: offer.stock for id_, offer in offers.items()}):
        raise _refusal(cart, short)


def _totals(cart: Cart, offers: Mapping[UUID, stock.Offer], order_id: UUID) -> Totals:
    sums = totals(order_id, cart.quantities, offers)
    if sums.total == 0:
        raise ValidationError.of("lines", message="An order must cost something", code=FieldErrorCode.TOO_SMALL)
    return sums


def _payment(customer_id: UUID, cart: Cart, sums: Totals, origin: str) -> payments.Payment:
    return payments.Payment(
        payer_id=customer_id,
        currency=settings.STORE_CURRENCY,
        amount=sums.total,
        method=cart.method,
        provider=settings.PAYMENT_GATEWAY,
        origin=origin,
    )


def _rows(payment: payments.Payment, cart: Cart, sums: Totals, order_id: UUID) -> list[BaseModel]:
    """Order, lines, charges, first event, and the promise to settle the payment."""
    order = Order(
        id=order_id,
        customer_id=payment.payer_id,
        currency=payment.currency,
        total=sums.total,
        charges_total=sums.charges_total,
        tax=sums.tax,
        payment=payment,
        expires_at=from_now(timedelta(minutes=settings.ORDER_PAYMENT_WINDOW_MINUTES)),
    )
    placed = events.event(order_id, events.Type.PLACED, "Order placed", actor_id=order.customer_id)
    promise = outbox.promise(settling.SETTLE, key=order_id, due_in=SETTLE_AFTER)
    return [order, *sums.lines, *sums.charges, placed, promise]


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
