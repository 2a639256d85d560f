"""What happens between two steps of an order: somebody else's call, at the worst moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction

from domains.accounts.models import User
from domains.common.background.models import OutboxMessage
from domains.common.viewer import Viewer
from domains.orders.models import Order, Shipment
from domains.orders.services import expire_orders, settling
from domains.orders.services.fulfilling import _claim
from domains.payments import services as payments
from domains.payments.gateway import gateway
from domains.payments.models import Payment, PaymentOperation, SandboxIntent
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.orders.dashboard import drain
from tests.domains.orders.shop import (
    DATABASES,
    assert_stock_agrees,
    buy,
    events,
    somebody_waits_for_us,
    the_order,
)
from tests.factories import ProductFactory
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory.create(stock=5)


def cancel(api: Api, order: Order) -> Any:
    return api.call("cancelOrder", "order { status }", orderId=gid(order))["__typename"]


def test_a_capture_that_a_twin_was_quicker_with_is_no_refusal(api: Api, staff: Api, product: Product) -> None:
    """Web and worker carry an operation out at once: the provider refuses the second of the two captures."""
    buy(api, [(product, 1)])
    operation_id = _claim(Viewer(is_staff=True), Shipment(order_id=the_order().id))
    intent_id = the_order().payment.intent_id
    gateway().capture(intent_id, amount=the_order().total, key="the twin's")
    assert payments.carry_out(operation_id).status == "SUCCEEDED"
    assert Payment.objects.get().status == "CAPTURED"


def test_captured_money_is_never_cancelled_however_late_the_order_follows(
    api: Api, staff: Api, product: Product
) -> None:
    """As after a crash between the end of the capture and the order's move."""
    buy(api, [(product, 1)])
    payments.carry_out(_claim(Viewer(is_staff=True), Shipment(order_id=the_order().id)))
    assert (the_order().status, the_order().payment.status) == ("CONFIRMED", "CAPTURED")
    assert cancel(api, the_order()) == "InvalidStateError"
    assert staff.call("fulfillOrder", "order { id }", orderId=gid(the_order()))["__typename"] == "InvalidStateError"
    drain()
    assert (the_order().status, PaymentOperation.objects.count()) == ("FULFILLED", 1)
    assert_stock_agrees(product, stock=4)


def test_a_cancellation_that_meets_the_confirmation_cancels_what_was_confirmed(
    api: Api, customer: User, product: Product
) -> None:
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    order = the_order()

    def alone() -> Any:
        try:
            return cancel(Api(token=api.token), order)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Order.objects.update(status="CONFIRMED")
            Payment.objects.update(status="AUTHORIZED")
            answer = pool.submit(alone)
            wait_until(somebody_waits_for_us, what="the cancellation waits for the row")
        assert answer.result() == "CancelOrderSuccess"
    assert the_order().status == "CANCELLED"


def test_an_order_that_expires_while_its_hold_arrives_is_not_confirmed_without_one(api: Api, product: Product) -> None:
    """One worker has heard of the hold and not written it down when another one gives the order up."""
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    order = the_order()
    SandboxIntent.objects.update(status="requires_capture")
    heard = settling.ask(order)
    Order.objects.update(expires_at="2026-01-01T00:00:00Z")
    given_up = settling._expire(order)
    settling.decide(order.id, order.payment_id, heard)
    assert given_up is not None
    payments.carry_out(given_up)
    assert (the_order().status, the_order().payment.status) == ("CANCELLED", "VOIDED")
    assert SandboxIntent.objects.get().status == "canceled"
    assert_stock_agrees(product, stock=5)


def test_a_declined_payment_cannot_be_paid_afterwards(api: Api, product: Product) -> None:
    """A declined intent may be tried again with another card by whoever holds its client secret."""
    first = buy(api, [(product, 1)], "pm_card_chargeDeclined")
    drain()
    assert SandboxIntent.objects.get().status == "canceled"
    assert (the_order().payment.status, the_order().payment.decline_code) == ("FAILED", "generic_decline")
    assert first["code"] == "PAYMENT_DECLINED"
    assert not OutboxMessage.objects.filter(done_at__isnull=True).exists()


def test_that_a_payment_waits_for_its_customer_is_told_once(api: Api, product: Product) -> None:
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    drain()
    assert events(the_order()) == ["PLACED", "PAYMENT_ACTION_REQUIRED"]


def test_news_of_a_payment_that_is_not_decided_is_done_with_at_once(api: Api, product: Product) -> None:
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    payments.provider_changed(the_order().payment.intent_id)
    drain()
    assert list(OutboxMessage.objects.filter(done_at__isnull=True).values_list("topic", flat=True)) == [settling.SETTLE]


def test_an_order_that_cannot_be_expired_holds_no_other_up(api: Api, product: Product) -> None:
    for _ in range(2):
        buy(api, [(product, 1)], "pm_card_authenticationRequired")
    stuck, other = Order.objects.order_by("created_at")
    Payment.objects.filter(id=stuck.payment_id).update(intent_id="pi_unknown")
    Order.objects.update(expires_at="2026-01-01T00:00:00Z")
    expire_orders()
    other.refresh_from_db()
    assert other.status == "CANCELLED"
    assert_stock_agrees(product, stock=5)


def test_a_cancelled_order_is_replayed_as_cancelled_while_its_hold_is_being_released(
    api: Api, customer: User, product: Product
) -> None:
    from domains.orders.services.cancelling import _cancel

    answer = buy(api, [(product, 1)], "pm_card_visa")
    _cancel(the_order(), actor_id=customer.id, reason="Order cancelled")
    Payment.objects.update(status="PENDING")
    assert settling.answer(the_order().id).status == "CANCELLED"
    assert answer["__typename"] == "CreateOrderSuccess"
