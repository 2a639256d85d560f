"""Promise: invoices of orders that are sent at once, and credit notes of refunds, have numbers without gaps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.utils import timezone

from domains.common.errors import ServiceUnavailableError
from domains.common.viewer import Viewer
from domains.orders.models import Invoice, Order, Shipment
from domains.orders.services import CartLine, create_order, fulfilling, refunding
from domains.orders.services.following import follow_payment
from domains.payments import services as payments
from domains.products.models import Product
from tests.domains.orders.shop import DATABASES
from tests.factories import ProductFactory, StaffFactory, UserFactory
from tests.promises.figures import figures, size
from tests.promises.shoppers import at_once
from tests.promises.test_never_deadlocks import counted_deadlocks

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

ORDERS = size(24, 200)
AT_ONCE = size(12, 50)  # calls, each with two of the 200 connections: to the shop's database and to the provider's
PATIENCE = 20  # times that each is tried


def captured_order(buyer: Viewer, staff: Viewer, *goods: Product) -> Order:
    """One whose money is taken and that has not moved yet."""
    lines = [CartLine(product.id, 1) for product in goods]
    order = create_order(viewer=buyer, lines=lines, payment_method="pm_card_visa", key=uuid4()).order
    payments.carry_out(fulfilling._claim(staff, Shipment(order_id=order.id)))
    return order


def refund_of(order: Order, staff: Viewer) -> UUID:
    """One that is claimed and not carried out."""
    claimed = refunding._claim(refunding._checked(staff, order.id, None, "Broken", uuid4()))
    assert claimed
    return claimed[0]


def with_rivals(call: Callable[[UUID], object], ids: list[UUID]) -> int:
    """Call it twice for each, AT_ONCE at a time; the deadlocks."""

    def one(id_: UUID) -> object:
        try:
            for _ in range(PATIENCE):
                with suppress(ServiceUnavailableError):  # too many wait: the outbox comes again
                    return call(id_)
            raise AssertionError(id_)
        finally:
            connections.close_all()

    before = counted_deadlocks()
    at_once([partial(one, id_) for id_ in ids for _ in range(2)], threads=AT_ONCE)
    return counted_deadlocks() - before


def numbers(series: str) -> list[str]:
    return [f"{series}-{timezone.now().year}-{number:06d}" for number in range(1, ORDERS + 1)]


def test_what_is_sent_and_given_back_at_once_has_numbers_without_gaps_and_twins() -> None:
    buyer, staff = Viewer(UserFactory.create(proven=True).id), Viewer(StaffFactory.create().id, is_staff=True)
    goods = ProductFactory.create_batch(2, stock=ORDERS)
    orders = [captured_order(buyer, staff, *goods[:: 1 if number % 2 else -1]) for number in range(ORDERS)]
    deadlocks = with_rivals(follow_payment, [order.id for order in orders])
    deadlocks += with_rivals(payments.carry_out, [refund_of(order, staff) for order in orders])
    figures("never_skips_a_number", orders=ORDERS, at_once=AT_ONCE, deadlocks=deadlocks)
    assert deadlocks == 0
    sent = Invoice.objects.filter(order__in=orders).order_by("number")
    assert list(sent.values_list("number", flat=True)) == numbers("INV")
    refunds = payments.Refund.objects.filter(payment__order__in=orders).order_by("credit_note_number")
    assert list(refunds.values_list("credit_note_number", flat=True)) == numbers("CN")
