"""What is done at the provider without us moves payment and order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone

from domains.common.background import delivering
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import PATIENCE
from domains.common.viewer import Viewer
from domains.orders.models import Order, Shipment
from domains.orders.services import following
from domains.orders.services.fulfilling import _claim
from domains.payments import services as payments
from domains.payments.models import Refund, SandboxRefund
from domains.payments.sandbox.gateway import decide
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.orders.dashboard import (
    STOCK,
    TOTAL,
    assert_in_order,
    cancel,
    capture_there,
    drain,
    given_back,
    refund,
    refund_there,
    release_there,
    state,
)
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, buy, deliver_due, events, make_due, the_order

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def test_a_hold_released_at_the_provider_cancels_the_order(
    api: Api, order: Order, product: Product, tell: Callable[[Order], None]
) -> None:
    release_there(order)
    for _ in range(2):
        tell(order)
        drain()
    assert state() == ("CANCELLED", "VOIDED", 0, 0)
    assert events(order) == ["PLACED", "CONFIRMED", "CANCELLED"]
    assert order.events.get(type="CANCELLED").actor_id is None
    assert cancel(api, order) == "InvalidStateError"
    assert_stock_agrees(product, stock=STOCK)
    assert_in_order()


def test_an_unpaid_order_whose_payment_staff_cancel_at_the_provider_was_not_late(api: Api, product: Product) -> None:
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    release_there(the_order())
    payments.provider_changed(the_order().payment.intent_id)
    drain()
    assert state() == ("CANCELLED", "VOIDED", 0, 0)
    assert the_order().events.get(type="CANCELLED").message == "The payment was cancelled at the payment provider"
    assert_stock_agrees(product, stock=STOCK)
    assert_in_order()


@pytest.mark.parametrize("amount", [TOTAL, TOTAL - 1])
def test_money_captured_at_the_provider_fulfils_the_order(
    api: Api, order: Order, product: Product, tell: Callable[[Order], None], amount: int
) -> None:
    capture_there(order, amount)
    for _ in range(2):
        tell(order)
        drain()
    assert state() == ("FULFILLED", "CAPTURED", amount, 0)
    assert events(order)[-1] == "FULFILLED"
    assert cancel(api, order) == "InvalidStateError"
    assert_stock_agrees(product, stock=STOCK - 2)
    assert_in_order()


def test_a_capture_of_ours_that_meets_a_smaller_one_at_the_provider_books_what_was_taken(
    staff: Api, order: Order, product: Product
) -> None:
    capture_there(order, TOTAL - 1)  # and the news of it has not come
    assert staff.call("fulfillOrder", "order { id }", orderId=gid(order))["__typename"] == "FulfillOrderSuccess"
    drain()
    assert state() == ("FULFILLED", "CAPTURED", TOTAL - 1, 0)
    assert refund(staff, order) == "RefundOrderSuccess"
    drain()
    assert state() == ("REFUNDED", "CAPTURED", TOTAL - 1, TOTAL - 1)
    assert_in_order()


def test_an_order_that_was_paid_and_captured_before_we_heard_of_either_is_fulfilled(
    api: Api, product: Product, tell: Callable[[Order], None]
) -> None:
    buy(api, [(product, 2)], "pm_card_authenticationRequired")
    decide(the_order().payment.client_secret, complete=True)
    capture_there(the_order())
    tell(the_order())
    drain()
    assert state() == ("FULFILLED", "CAPTURED", TOTAL, 0)
    assert_in_order()


def test_refunds_made_at_the_provider_are_ours_too(
    staff: Api, order: Order, product: Product, tell: Callable[[Order], None]
) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    for amount, expected in (
        (500, ("FULFILLED", "CAPTURED", TOTAL, 500)),
        (1_500, ("REFUNDED", "CAPTURED", *[TOTAL] * 2)),
    ):
        refund_there(order, amount)
        for _ in range(2):
            tell(order)
            drain()
        assert state() == expected
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [500, 1_500]
    assert Counter(events(order))["REFUND_MADE"] == 2
    assert_stock_agrees(product, stock=STOCK - 2)
    assert_in_order()


def test_what_was_refunded_at_the_provider_is_not_refunded_again(staff: Api, order: Order) -> None:
    """Although no event of it has come."""
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    refund_there(order, 1_500)
    assert refund(staff, order) != "RefundOrderSuccess"
    drain()
    assert state() == ("FULFILLED", "CAPTURED", TOTAL, 1_500)
    assert refund(staff, order) == "RefundOrderSuccess"
    drain()
    assert (state(), given_back()) == (("REFUNDED", "CAPTURED", TOTAL, TOTAL), TOTAL)
    assert_in_order()


def test_a_refund_that_fails_later_was_none_and_can_be_made_again(
    staff: Api, order: Order, tell: Callable[[Order], None]
) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    key = uuid4()
    assert refund(staff, order, idempotencyKey=key) == "RefundOrderSuccess"
    SandboxRefund.objects.update(failed=True)
    for _ in range(2):
        tell(order)
        drain()
    assert state() == ("FULFILLED", "CAPTURED", TOTAL, 0)
    assert events(order)[-1] == "REFUND_FAILED"
    assert Counter(events(order))["REFUND_FAILED"] == 1
    assert refund(staff, order, idempotencyKey=key) != "RefundOrderSuccess"
    assert refund(staff, order) == "RefundOrderSuccess"
    drain()
    assert (state(), given_back()) == (("REFUNDED", "CAPTURED", TOTAL, TOTAL), TOTAL)
    assert_in_order()


def test_news_that_comes_while_an_operation_of_ours_is_open_is_looked_at_when_it_ends(
    order: Order, product: Product, tell: Callable[[Order], None]
) -> None:
    capture = _claim(Viewer(is_staff=True), Shipment(order_id=order.id))
    release_there(order)
    payments.provider_changed(order.payment.intent_id)
    message = OutboxMessage.objects.get(topic=payments.CHANGED, done_at=None)
    assert delivering.deliver(message.id)
    assert state() == ("CONFIRMED", "AUTHORIZED", 0, 0)
    assert payments.carry_out(capture).status == "FAILED"
    drain()
    assert state() == ("CANCELLED", "VOIDED", 0, 0)
    assert_stock_agrees(product, stock=STOCK)
    assert_in_order()


def test_what_the_provider_said_before_the_payment_changed_is_asked_again(staff: Api, order: Order) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    refund_there(order, 500)
    before = payments.ask_provider(order.payment_id)
    assert before is not None
    refund(staff, order, amount="15.00")
    with pytest.raises(payments.Outdated):
        following._reconcile(order.id, before)
    drain()
    assert state() == ("REFUNDED", "CAPTURED", TOTAL, TOTAL)
    assert_in_order()


def test_a_provider_that_does_not_answer_is_asked_again_for_a_day(order: Order, silence: None) -> None:
    payments.Payment.objects.update(provider="stripe")
    payments.provider_changed(order.payment.intent_id)
    message = OutboxMessage.objects.get(done_at=None)
    for created_at, failures in ((timezone.now(), 0), (timezone.now() - PATIENCE, 1)):
        OutboxMessage.objects.filter(id=message.id).update(created_at=created_at)
        make_due()
        assert not deliver_due()
        message.refresh_from_db()
        assert (message.done_at, message.dead_at, message.failures) == (None, None, failures)
    assert state() == ("CONFIRMED", "AUTHORIZED", 0, 0)
