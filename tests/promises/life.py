"""Everything that people can do in a small shop, one step after the other, for Hypothesis to choose from."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, multiple, rule

from domains.common.data.models import IdempotencyKey, new_id
from domains.common.errors import IdempotencyConflictError, ValidationError
from domains.orders import services
from domains.orders.errors import (
    InvalidStateError,
    PaymentDeclinedError,
    PaymentPendingError,
    PriceChangedError,
    RefundTooLargeError,
)
from domains.orders.models import Order, OrderEvent, Shipment
from domains.orders.services import CartLine, cancelling, fulfilling, placing, refunding
from domains.orders.services.carts import Checkout
from domains.payments import services as payments
from domains.payments.models import Payment
from domains.products.errors import InsufficientStockError
from domains.products.models import Product
from domains.products.services import adjust_stock, count_stock
from tests.promises.surroundings import DELIVERY, LONG_AGO, PRICE, Surroundings, orders
from tests.promises.wishes import BACK, PARTS, Back, Wish

METHODS = [
    "pm_card_visa",
    "pm_sandbox_slow",
    "pm_sandbox_timeout",
    "pm_card_authenticationRequired",
    "pm_card_chargeDeclined",
    "pm_unknown",
]
CARTS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=3)

refunds: Bundle[Wish] = Bundle("refunds")


class Life(Surroundings):
    """A process that "crashes" has stopped after the transaction that it committed last."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[UUID, tuple[UUID, list[CartLine], str]] = {}

    @initialize(target=orders)
    def open_the_shop(self) -> MultipleResults[UUID]:
        """One order is confirmed, another one sent: most that can happen happens to such."""
        for index in (0, 1):
            self.place([(index, 2)], "pm_card_visa", shown=True)
        confirmed, sent = self.keys
        self.fulfil(sent)
        return multiple(confirmed, sent)

    # The customer

    @rule(target=orders, cart=CARTS, method=st.sampled_from(METHODS), shown=st.booleans())
    def place(self, cart: list[tuple[int, int]], method: str, shown: bool) -> UUID | MultipleResults[UUID]:
        """If `shown`, the buyer expects what the cart cost when the shop was opened."""
        key, lines = uuid4(), self._lines(cart)
        before, costs = self.stock(), self.costs(lines)
        expected = sum(line.quantity for line in lines) * PRICE + DELIVERY if shown else costs
        total = Decimal(expected) / 100 if shown else None
        try:
            self._create(lines, method, key, total)
        except PriceChangedError as changed:
            told = (changed.expected, changed.actual)
            assert told == (expected, costs)
            assert expected != costs
            assert (self.stock(), IdempotencyKey.objects.filter(key=key).exists()) == (before, False)
            return multiple()
        except InsufficientStockError:
            wanted = Counter[UUID]()
            for line in lines:
                wanted[line.product_id] += line.quantity
            assert any(pieces > before[id_] for id_, pieces in wanted.items())
            return multiple()
        except (PaymentDeclinedError, PaymentPendingError):
            pass
        order_id = self._known(key, lines, method)
        assert Order.objects.get(id=order_id).total == costs == expected
        return order_id

    @rule(target=orders, cart=CARTS, method=st.sampled_from(METHODS))
    def place_and_crash(self, cart: list[tuple[int, int]], method: str) -> UUID | MultipleResults[UUID]:
        """The process dies after the first transaction."""
        key, lines = uuid4(), self._lines(cart)
        goods = Checkout(lines, method, self.delivery)
        try:
            placing._place(viewer=self.buyer, checkout=goods, key=key, order_id=new_id())
        except InsufficientStockError:
            return multiple()
        return self._known(key, lines, method)

    @rule(order_id=orders)
    def replay(self, order_id: UUID) -> None:
        key, lines, method = self.keys[order_id]
        Order.objects.filter(id=order_id).update(created_at=LONG_AGO)  # a young one would be waited for
        status = self.payment(order_id).status
        expired = OrderEvent.objects.filter(order_id=order_id, type="EXPIRED").exists()
        try:
            placement = self._create(lines, method, key, Decimal(1))
        except PaymentDeclinedError:
            assert expired or status == Payment.Status.FAILED
        except PaymentPendingError:
            assert status == Payment.Status.PENDING
        else:
            assert (placement.order.id, placement.replayed, expired) == (order_id, True, False)

    @rule(order_id=orders)
    def use_the_key_for_another_cart(self, order_id: UUID) -> None:
        key, lines, method = self.keys[order_id]
        with pytest.raises(IdempotencyConflictError):
            self._create([*lines, lines[0]], method, key)

    @rule(order_id=orders)
    def cancel(self, order_id: UUID) -> None:
        allowed = self._may_cancel(order_id)
        try:
            order = services.cancel_order(viewer=self.buyer, order_id=order_id, reason="")
        except InvalidStateError:
            assert not allowed
        else:
            assert (allowed, order.status) == (True, "CANCELLED")

    @rule(order_id=orders)
    def cancel_and_crash(self, order_id: UUID) -> None:
        order = Order.objects.get(id=order_id)
        with suppress(InvalidStateError):
            cancelling._cancel(order, actor_id=self.buyer.user_id, reason="Order cancelled")

    # Staff

    @rule(order_id=orders)
    def fulfil(self, order_id: UUID) -> None:
        allowed = self.is_free(order_id, "CONFIRMED", "AUTHORIZED")
        try:
            order = services.fulfill_order(viewer=self.staff, order_id=order_id)
        except InvalidStateError:
            assert not allowed
        else:
            assert (allowed, order.status) == (True, "FULFILLED")

    @rule(order_id=orders)
    def fulfil_and_crash(self, order_id: UUID) -> None:
        with suppress(InvalidStateError):
            fulfilling._claim(self.staff, Shipment(order_id=order_id))

    @rule(target=refunds, order_id=orders, amount=PARTS, back=BACK)
    def refund(self, order_id: UUID, amount: str | None, back: Back) -> Wish | MultipleResults[Wish]:
        wish = Wish.of(order_id, amount, back)
        allowed, fits = self.is_free(order_id, "FULFILLED", "CAPTURED"), wish.fits()
        if payments.is_busy(self.payment(order_id).id):
            return multiple()  # it would be waited for
        try:
            assert not self._refund(wish).replayed
        except InvalidStateError:
            assert not allowed
        except ValidationError:
            assert (allowed, fits) == (True, False)
        except RefundTooLargeError:
            payment = self.payment(order_id)
            left = payment.captured - payment.refunded
            assert left == 0 or wish.minor() > left
        else:
            assert allowed
            assert fits
            return wish
        return multiple()

    @rule(wish=refunds)
    def repeat_the_refund(self, wish: Wish) -> None:
        before, stock = self.payment(wish.order_id).refunded, self.stock()
        again = self._refund(wish)
        assert again.replayed
        assert self.payment(wish.order_id).refunded >= before  # a crashed one may be finished by its repetition
        assert self.stock() == stock

    @rule(target=refunds, order_id=orders, amount=PARTS, back=BACK)
    def refund_and_crash(self, order_id: UUID, amount: str | None, back: Back) -> Wish | MultipleResults[Wish]:
        wish = Wish.of(order_id, amount, back)
        checked = refunding._checked(self.staff, order_id, wish.amount, "Broken", wish.key, wish.returns)
        with suppress(InvalidStateError, RefundTooLargeError, ValidationError):
            if refunding._claim(checked) is not None:
                return wish
        return multiple()

    @rule(index=st.integers(0, 2), price=st.sampled_from([1, 999, PRICE]))
    def change_a_price(self, index: int, price: int) -> None:
        Product.objects.filter(id=self.products[index].id).update(price=price)

    @rule(index=st.integers(0, 2), delta=st.sampled_from([-7, -3, 2, 5]))
    def adjust(self, index: int, delta: int) -> None:
        product = self.products[index]
        call = partial(
            adjust_stock, viewer=self.staff, product_id=product.id, delta=delta, reason="Counted", key=uuid4()
        )
        before = self.stock()[product.id]
        try:
            assert not call()[1]
        except InsufficientStockError:
            assert before + delta < 0
        else:
            assert call()[1]
            assert self.stock()[product.id] == before + delta

    @rule(index=st.integers(0, 2), counted=st.integers(0, 9))
    def count(self, index: int, counted: int) -> None:
        product, held = self.products[index], self.reserved()
        try:
            count_stock(viewer=self.staff, product_id=product.id, counted=counted, note="Counted", key=uuid4())
        except InsufficientStockError:
            assert counted < held[product.id]
        else:
            assert self.stock()[product.id] + held[product.id] == counted

    def _lines(self, cart: list[tuple[int, int]]) -> list[CartLine]:
        return [CartLine(self.products[index].id, pieces) for index, pieces in cart]

    def _known(self, key: UUID, lines: list[CartLine], method: str) -> UUID:
        order_id: UUID = IdempotencyKey.objects.get(key=key).result_id
        self.keys[order_id] = (key, lines, method)
        return order_id

    def _may_cancel(self, order_id: UUID) -> bool:
        pending = Order.objects.filter(id=order_id, status="PENDING").exists()
        return pending or self.is_free(order_id, "CONFIRMED", "AUTHORIZED")

    def _create(
        self, lines: list[CartLine], method: str, key: UUID, expected: Decimal | None = None
    ) -> services.Placement:
        return services.create_order(
            viewer=self.buyer,
            lines=lines,
            payment_method=method,
            key=key,
            delivery=self.delivery,
            expected_total=expected,
        )

    def _refund(self, wish: Wish) -> services.Refunded:
        return services.refund_order(
            viewer=self.staff,
            order_id=wish.order_id,
            amount=wish.amount,
            reason="Broken",
            key=wish.key,
            returns=wish.returns,
        )
