"""Orders for benchmarks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from random import Random
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from domains.orders.models import Order, OrderEvent, OrderLine
from domains.payments.models import Payment
from domains.products.models import Product
from tests.benchmarks.seeding import people
from tests.benchmarks.seeding.rows import copy_in, fixed_id, moment

logger = logging.getLogger(__name__)
ORDER_KIND, LINE_KIND, PAYMENT_KIND, EVENT_KIND = 5, 6, 7, 8
LINES = 3
BATCH = 20_000

type Bought = tuple[UUID, str, str, int]  # id, name, SKU and price of a product


@dataclass(frozen=True, slots=True)
class _Plan:
    """One order to be written."""

    number: int
    customer_id: UUID
    quantities: list[tuple[Bought, int]]

    @property
    def total(self) -> int:
        """In minor units."""
        return sum(product[3] * quantity for product, quantity in self.quantities)

    def row(self, kind: int, number: int) -> dict[str, Any]:
        """What every row has; it looks as if nobody had touched it since."""
        made = moment(self.number)
        return {"id": fixed_id(kind, number), "created_at": made, "updated_at": made}


def bench(*, products: int, orders: int) -> str:
    """Fulfilled orders of three lines over the bench products. They are history: no stock moves."""
    random = Random(20260102)
    skus = Product.objects.filter(sku__startswith="BENCH-").order_by("sku")
    bench_products = list(skus.values_list("id", "name", "sku", "price")[: max(products, LINES)])
    plans = (_plan(random, number, bench_products) for number in range(orders))
    for done, some in enumerate(batched(plans, BATCH)):
        logger.info("seeding: %d of %d orders", done * BATCH, orders)
        _write(some)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE orders_orderchange RESTART IDENTITY")  # nobody watches what was always there
        cursor.execute("VACUUM ANALYZE orders_order, orders_orderline, orders_orderevent, payments_payment")
    return f"{orders} orders of {LINES} lines"


def _plan(random: Random, number: int, products: list[Bought]) -> _Plan:
    customer = fixed_id(people.KIND, random.randrange(people.CUSTOMERS))
    return _Plan(number, customer, [(product, random.randint(1, 5)) for product in random.sample(products, LINES)])


def _write(plans: Iterable[_Plan]) -> None:
    plans = list(plans)
    copy_in(Payment, [_payment(plan) for plan in plans])
    copy_in(Order, [_order(plan) for plan in plans])
    copy_in(OrderLine, [line for plan in plans for line in _lines(plan)])
    copy_in(OrderEvent, [_event(plan) for plan in plans])


def _payment(plan: _Plan) -> dict[str, Any]:
    return plan.row(PAYMENT_KIND, plan.number) | {
        "payer_id": plan.customer_id,
        "status": Payment.Status.CAPTURED,
        "currency": settings.STORE_CURRENCY,
        "amount": plan.total,
        "authorized": plan.total,
        "captured": plan.total,
        "refunded": 0,
        "method": "pm_card_visa",
        "intent_id": f"pi_bench_{plan.number}",
        "client_secret": "",
        "decline_code": "",
    }


def _order(plan: _Plan) -> dict[str, Any]:
    return plan.row(ORDER_KIND, plan.number) | {
        "customer_id": plan.customer_id,
        "status": Order.Status.FULFILLED,
        "currency": settings.STORE_CURRENCY,
        "total": plan.total,
        "payment_id": fixed_id(PAYMENT_KIND, plan.number),
        "delivery_address": None,
        "expires_at": moment(plan.number),
        "version": 1,
    }


def _lines(plan: _Plan) -> Iterator[dict[str, Any]]:
    for position, ((product_id, name, sku, price), quantity) in enumerate(plan.quantities, start=1):
        yield plan.row(LINE_KIND, plan.number * LINES + position) | {
            "order_id": fixed_id(ORDER_KIND, plan.number),
            "position": position,
            "product_id": product_id,
            "product_name": name,
            "sku": sku,
            "quantity": quantity,
            "currency": settings.STORE_CURRENCY,
            "unit_price": price,
            "total": price * quantity,
        }


def _event(plan: _Plan) -> dict[str, Any]:
    return plan.row(EVENT_KIND, plan.number) | {
        "order_id": fixed_id(ORDER_KIND, plan.number),
        "type": OrderEvent.Type.PLACED,
        "message": "Order placed",
        "data": "{}",
    }
