"""The provider has done it and a busy row keeps it from being written down: nobody hears that nothing was written."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domains.payments.models import Payment, SandboxRefund
from tests.api import Api
from tests.domains.orders.dashboard import drain
from tests.domains.orders.shop import (
    DATABASES,
    assert_stock_agrees,
    buy,
    events,
    locked_from_then_on,
    the_order,
)
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
ORDER = "order { status payment { status } }"


def the_payment() -> Payment:
    return Payment.objects.get()


@pytest.mark.parametrize(
    ("method", "typename"),
    [("pm_card_visa", "CreateOrderSuccess"), ("pm_card_chargeDeclined", "PaymentDeclinedError")],
)
def test_an_order_that_cannot_be_decided_at_once_is_pending_and_decided_under_the_same_key(
    api: Api, monkeypatch: pytest.MonkeyPatch, method: str, typename: str
) -> None:
    product, key = ProductFactory.create(stock=5), uuid4()
    with locked_from_then_on(monkeypatch, "confirm", the_order):
        answer = buy(api, [(product, 1)], method, key)
        assert (answer["__typename"], answer["code"]) == ("PaymentPendingError", "PAYMENT_PENDING")
        assert the_order().status == "PENDING"
    drain()
    assert buy(api, [(product, 1)], method, key)["__typename"] == typename
    assert_stock_agrees(product, stock=4 if typename == "CreateOrderSuccess" else 5)


def test_a_capture_that_cannot_be_written_down_is_pending_and_followed_later(
    api: Api, staff: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = buy(api, [(ProductFactory.create(), 1)])["order"]["id"]
    with locked_from_then_on(monkeypatch, "capture", the_payment):
        assert staff.call("fulfillOrder", ORDER, orderId=order_id)["__typename"] == "PaymentPendingError"
    drain()
    assert (the_order().status, the_order().payment.status) == ("FULFILLED", "CAPTURED")


def test_a_refund_that_cannot_be_written_down_is_pending_and_made_once_under_its_key(
    api: Api, staff: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = buy(api, [(ProductFactory.create(price=1000), 1)])["order"]["id"]
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    wish = {"orderId": order_id, "amount": "4", "reason": "Broken", "idempotencyKey": uuid4()}
    with locked_from_then_on(monkeypatch, "refund", the_payment):
        assert staff.call("refundOrder", ORDER, **wish)["__typename"] == "PaymentPendingError"
    assert staff.call("refundOrder", "replayed", **wish) == {"__typename": "RefundOrderSuccess", "replayed": True}
    assert the_payment().refunded == SandboxRefund.objects.get().amount == 400


def test_a_cancellation_stands_when_its_void_cannot_be_written_down(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    product = ProductFactory.create(stock=5)
    order_id = buy(api, [(product, 1)])["order"]["id"]
    with locked_from_then_on(monkeypatch, "cancel", the_payment):
        assert api.call("cancelOrder", ORDER, orderId=order_id)["__typename"] == "CancelOrderSuccess"
    drain()
    assert (the_order().status, the_order().payment.status) == ("CANCELLED", "VOIDED")
    assert events(the_order()).count("CANCELLED") == 1
    assert_stock_agrees(product, stock=5)
