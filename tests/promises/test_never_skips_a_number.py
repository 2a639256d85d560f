"""Promise: of orders that are sent at once each has an invoice, and its number follows that of another one."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from domains.common.viewer import Viewer
from domains.orders.models import Invoice, Order, Shipment
from domains.orders.services import create_order, fulfilling
from domains.orders.services.following import follow_payment
from domains.orders.services.placing import CartLine
from domains.payments import services as payments
from domains.products.models import Product
from tests.domains.orders.shop import DATABASES
from tests.factories import ProductFactory, StaffFactory, UserFactory
from tests.promises.figures import figures, size
from tests.promises.shoppers import at_once
from tests.promises.test_never_deadlocks import counted_deadlocks

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

ORDERS = size(24, 200)


def captured_order(buyer: Viewer, staff: Viewer, *goods: Product) -> Order:
    """One whose money is taken and that has not moved yet."""
    lines = [CartLine(product.id, 1) for product in goods]
    order = create_order(viewer=buyer, lines=lines, payment_method="pm_card_visa", key=uuid4()).order
    payments.carry_out(fulfilling._claim(staff, Shipment(order_id=order.id)))
    return order


def follow(order: Order) -> None:
    try:
        follow_payment(order.id)
    finally:
        connections.close_all()


def test_orders_that_are_sent_at_once_have_numbers_without_gaps_and_twins() -> None:
    buyer, staff = Viewer(UserFactory.create(proven=True).id), Viewer(StaffFactory.create().id, is_staff=True)
    goods = ProductFactory.create_batch(2, stock=ORDERS)
    orders = [captured_order(buyer, staff, *goods[:: 1 if number % 2 else -1]) for number in range(ORDERS)]
    before = counted_deadlocks()
    at_once([partial(follow, order) for order in orders for _ in range(2)], threads=ORDERS // 2)  # each has a rival
    deadlocks = counted_deadlocks() - before
    figures("never_skips_a_number", orders=ORDERS, at_once=ORDERS // 2, deadlocks=deadlocks)
    assert deadlocks == 0
    numbers = Invoice.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [f"INV-{timezone.now().year}-{number:06d}" for number in range(1, ORDERS + 1)]
    assert Invoice.objects.filter(order__in=orders, order__status="FULFILLED").count() == ORDERS
