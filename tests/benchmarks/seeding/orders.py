"""Orders for benchmarks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched
from random import Random
from uuid import UUID

from django.conf import settings
from django.db import connection

from domains.orders.models import Order, OrderEvent, OrderLine
from domains.payments.models import Payment
from domains.products.models import Product
from tests.benchmarks.seeding import people
from tests.benchmarks.seeding.rows import fixed_id, moment, settle_times

ORDER_KIND, LINE_KIND, PAYMENT_KIND, EVENT_KIND = 5, 6, 7, 8
LINES = 3
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """One order to be written."""

    number: int
    customer_id: UUID
    quantities: list[tuple[Product, int]]

    @property
    def total(self) -> int:
        """In minor units."""
        return sum(product.price * quantity for product, quantity in self.quantities)


def bench(*, products: int, orders: int) -> str:
    """Fulfilled orders of three lines over the bench products. They are history: no stock moves."""
    random = Random(20260102)
    skus = Product.objects.filter(sku__startswith="BENCH-").order_by("sku")
    bench_products = list(skus.only("id", "name", "sku", "price")[: max(products, LINES)])
    plans = (_plan(random, number, bench_products) for number in range(orders))
    for some in batched(plans, BATCH):
        _write(some)
    settle_times(Payment, Order, OrderLine, OrderEvent)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE orders_order, orders_orderline, payments_payment")
    return f"{orders} orders of {LINES} lines"


def _plan(random: Random, number: int, products: list[Product]) -> _Plan:
    customer = fixed_id(people.KIND, random.randrange(people.CUSTOMERS))
    return _Plan(number, customer, [(product, random.randint(1, 5)) for product in random.sample(products, LINES)])


def _write(plans: Iterable[_Plan]) -> None:
    plans = list(plans)
    Payment.objects.bulk_create((_payment(plan) for plan in plans), ignore_conflicts=True)
    Order.objects.bulk_create((_order(plan) for plan in plans), ignore_conflicts=True)
    lines = (line for plan in plans for line in _lines(plan))
    OrderLine.objects.bulk_create(lines, ignore_conflicts=True)
    OrderEvent.objects.bulk_create((_event(plan) for plan in plans), ignore_conflicts=True)


def _payment(plan: _Plan) -> Payment:
    return Payment(
        id=fixed_id(PAYMENT_KIND, plan.number),
        created_at=moment(plan.number),
        payer_id=plan.customer_id,
        status=Payment.Status.CAPTURED,
        currency=settings.STORE_CURRENCY,
        amount=plan.total,
        authorized=plan.total,
        captured=plan.total,
        method="pm_card_visa",
        intent_id=f"pi_bench_{plan.number}",
    )


def _order(plan: _Plan) -> Order:
    return Order(
        id=fixed_id(ORDER_KIND, plan.number),
        created_at=moment(plan.number),
        customer_id=plan.customer_id,
        status=Order.Status.FULFILLED,
        currency=settings.STORE_CURRENCY,
        total=plan.total,
        payment_id=fixed_id(PAYMENT_KIND, plan.number),
        expires_at=moment(plan.number),
    )


def _lines(plan: _Plan) -> Iterable[OrderLine]:
    for position, (product, quantity) in enumerate(plan.quantities, start=1):
        yield OrderLine(
            id=fixed_id(LINE_KIND, plan.number * LINES + position),
            created_at=moment(plan.number),
            order_id=fixed_id(ORDER_KIND, plan.number),
            position=position,
            product_id=product.id,
            product_name=product.name,
            sku=product.sku,
            quantity=quantity,
            currency=settings.STORE_CURRENCY,
            unit_price=product.price,
            total=product.price * quantity,
        )


def _event(plan: _Plan) -> OrderEvent:
    return OrderEvent(
        id=fixed_id(EVENT_KIND, plan.number),
        created_at=moment(plan.number),
        order_id=fixed_id(ORDER_KIND, plan.number),
        type=OrderEvent.Type.PLACED,
        message="Order placed",
    )
