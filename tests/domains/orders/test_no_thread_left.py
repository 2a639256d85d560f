"""The calls to the provider have all the threads that they may have."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import uuid4

import pytest

from domains.common.guard.bulkhead import PAYMENTS
from domains.orders.models import Order
from tests.api import Api, gid
from tests.domains.orders.dashboard import drain
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, buy, the_order
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def no_thread() -> ExitStack:
    stack = ExitStack()
    for _ in range(PAYMENTS.threads):
        stack.enter_context(PAYMENTS.enter())
    return stack


def test_a_new_order_is_refused_before_anything_is_written_and_a_repetition_is_answered(api: Api) -> None:
    product, key = ProductFactory.create(stock=5), uuid4()
    first = buy(api, [(product, 1)], key=key)
    with no_thread():
        with pytest.raises(AssertionError, match="SERVICE_UNAVAILABLE"):
            buy(api, [(product, 1)])
        again = buy(api, [(product, 1)], key=key)
        assert buy(api, [(product, 2)], key=key)["code"] == "IDEMPOTENCY_CONFLICT"
    assert (again["replayed"], again["order"]["id"]) == (True, first["order"]["id"])
    assert Order.objects.count() == 1
    assert_stock_agrees(product, stock=4)


def test_a_repetition_of_what_is_not_decided_hears_so_at_once(api: Api) -> None:
    product, key = ProductFactory.create(stock=5), uuid4()
    buy(api, [(product, 1)], key=key)
    Order.objects.update(status="PENDING")
    the_order().payment.__class__.objects.update(status="PENDING")
    with no_thread():
        assert buy(api, [(product, 1)], key=key)["code"] == "PAYMENT_PENDING"


def test_staff_are_refused_too_and_a_repeated_refund_is_answered(api: Api, staff: Api) -> None:
    buy(api, [(ProductFactory.create(stock=5), 1)])
    order_id = gid(the_order())
    wish = {"orderId": order_id, "reason": "Broken", "idempotencyKey": uuid4()}
    with no_thread(), pytest.raises(AssertionError, match="SERVICE_UNAVAILABLE"):
        staff.call("fulfillOrder", "order { id }", orderId=order_id)
    assert the_order().status == "CONFIRMED"
    staff.call("fulfillOrder", "order { id }", orderId=order_id)
    with no_thread(), pytest.raises(AssertionError, match="SERVICE_UNAVAILABLE"):
        staff.call("refundOrder", "replayed", **wish)
    assert the_order().payment.refunded == 0
    staff.call("refundOrder", "replayed", **wish)
    with no_thread():
        assert staff.call("refundOrder", "replayed", **wish) == {"__typename": "RefundOrderSuccess", "replayed": True}


def test_a_cancellation_is_not_refused_and_its_hold_is_released_later(api: Api) -> None:
    product = ProductFactory.create(stock=5)
    buy(api, [(product, 1)])
    with no_thread():
        api.call("cancelOrder", "order { status }", orderId=gid(the_order()))
    assert (the_order().status, the_order().payment.status) == ("CANCELLED", "AUTHORIZED")
    drain()
    assert the_order().payment.status == "VOIDED"
    assert_stock_agrees(product, stock=5)
