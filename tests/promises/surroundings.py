"""A small shop and its surroundings: the provider, the cardholder, the clocks, the worker, and what always holds."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from domains.common.background.models import OutboxMessage
from domains.common.viewer import Viewer
from domains.delivery.addresses import Address
from domains.orders import services
from domains.orders.models import Order
from domains.orders.services import cancelling
from domains.payments import services as payments
from domains.payments.models import Payment, PaymentOperation, SandboxIntent
from domains.payments.sandbox.gateway import decide
from domains.payments.services import provider_changed
from domains.products.models import Product
from tests.domains.orders.shop import deliver_due, make_due
from tests.factories import CategoryFactory, DeliveryMethodFactory, ProductFactory, StaffFactory, UserFactory
from tests.promises.agreement import assert_agreement, assert_settled

LONG_AGO = "2026-01-01T00:00:00Z"
PRICE, DELIVERY = 1_250, 400  # of every product when the shop is opened, and of its delivery, in minor units

orders: Bundle[UUID] = Bundle("orders")


class Surroundings(RuleBasedStateMachine):
    """Of a customer, staff and three products; only their own orders are looked at, so that no table is cleaned."""

    counted: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        OutboxMessage.objects.filter(done_at__isnull=True).delete()  # of a life that ended in a failure
        category = CategoryFactory.create()
        self.products = ProductFactory.create_batch(3, stock=6, price=PRICE, tax_rate=5, category=category)
        address = Address(name="Ada Person", line1="1 High Street", city="Hong Kong", country_code="HK")
        self.delivery = services.Delivery(DeliveryMethodFactory.create(price=DELIVERY, tax_rate=20).id, address)
        self.buyer = Viewer(UserFactory.create(proven=True).id)
        self.staff = Viewer(StaffFactory.create().id, is_staff=True)
        self.counted["runs"] += 1

    # The provider and the cardholder

    @rule(order_id=orders, complete=st.booleans(), told=st.booleans())
    def cardholder_decides(self, order_id: UUID, complete: bool, told: bool) -> None:
        secret = self.payment(order_id).client_secret
        intent_id = decide(secret, complete=complete) if secret else None
        if intent_id and told:
            provider_changed(intent_id)

    @rule(order_id=orders)
    def provider_answers_late(self, order_id: UUID) -> None:
        intents = SandboxIntent.objects.filter(reference=self.payment(order_id).intent_id, status="processing")
        intents.update(authorizes_at=LONG_AGO)

    # Clocks, relay and worker

    @rule()
    def deliver(self) -> None:
        if make_due():
            deliver_due()

    @rule(order_id=orders)
    def carry_out_and_crash(self, order_id: UUID) -> None:
        """The process dies between the end of an operation and the move of its order."""
        for operation in PaymentOperation.objects.filter(payment__order=order_id, status="REQUESTED"):
            payments.carry_out(operation.id)

    @rule(order_id=orders)
    def payment_window_ends(self, order_id: UUID) -> None:
        Order.objects.filter(id=order_id).update(expires_at=LONG_AGO)
        services.expire_orders()
        assert Order.objects.get(id=order_id).status != "PENDING"

    @rule(order_id=orders)
    def hold_is_about_to_end(self, order_id: UUID) -> None:
        then = timezone.now() - timedelta(days=6, hours=13)
        Payment.objects.filter(order=order_id, authorized_at__isnull=False).update(authorized_at=then)
        free = self.is_free(order_id, "CONFIRMED", "AUTHORIZED")
        services.expire_holds()
        cancelling.end_hold(order_id)  # what was promised
        assert not free or Order.objects.get(id=order_id).status == "CANCELLED"

    @invariant()
    def everything_agrees(self) -> None:
        assert_agreement(self.products, self.buyer)

    def teardown(self) -> None:
        """Every provider answers, every window ends, every message is delivered: nothing stays open."""
        mine = Order.objects.filter(customer_id=self.buyer.user_id)
        for order in mine.select_related("payment"):
            SandboxIntent.objects.filter(reference=order.payment.intent_id, status="processing").update(
                authorizes_at=LONG_AGO
            )
        for _ in range(4):
            self.deliver()
        mine.filter(status="PENDING").update(expires_at=LONG_AGO)
        services.expire_orders()
        for _ in range(4):
            self.deliver()
        assert_agreement(self.products, self.buyer)
        self.counted.update(assert_settled(self.buyer))

    def stock(self) -> dict[UUID, int]:
        for product in self.products:
            product.refresh_from_db(fields=["stock"])
        return {product.id: product.stock for product in self.products}

    def reserved(self) -> dict[UUID, int]:
        return {product.id: Product.objects.get(id=product.id).reserved for product in self.products}

    def costs(self, lines: list[services.CartLine]) -> int:
        """A cart of these, now, in minor units."""
        prices = dict(Product.objects.filter(id__in=[line.product_id for line in lines]).values_list("id", "price"))
        return sum(prices[line.product_id] * line.quantity for line in lines) + DELIVERY

    def payment(self, order_id: UUID) -> Payment:
        return Payment.objects.get(order=order_id)

    def is_free(self, order_id: UUID, status: str, payment: str) -> bool:
        order = Order.objects.select_related("payment").get(id=order_id)
        busy = payments.is_busy(order.payment_id)
        return (order.status, order.payment.status, busy) == (status, payment, False)
