"""No money of a cancelled order is kept, whoever was quicker: the cancellation, or the capture at the provider."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from domains.common.background import delivering
from domains.common.viewer import Viewer
from domains.operations.models import FailedMessage
from domains.operations.services import retry_message
from domains.orders.invariants import RULES
from domains.orders.models import Order
from domains.orders.services import expire_orders
from domains.payments.models import PaymentOperation, SandboxRefund
from domains.payments.sandbox.gateway import decide
from domains.payments.services import CHANGED
from domains.products.models import Product
from tests.api import Api
from tests.domains.orders.dashboard import (
    STOCK,
    TOTAL,
    assert_in_order,
    cancel,
    capture_there,
    drain,
    given_back,
    refund_there,
    release_there,
    state,
)
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, buy, deliver_due, events, make_due, the_order

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
RACES = 3


@pytest.mark.parametrize("notified", [True, False])
def test_a_cancellation_that_meets_captured_money_gives_it_back(
    api: Api, order: Order, product: Product, tell: Callable[[Order], None], notified: bool
) -> None:
    """Also without news: the refused void makes us look."""
    capture_there(order)
    if notified:
        tell(order)
    assert cancel(api, order) == "CancelOrderSuccess"
    drain()
    assert state() == ("CANCELLED", "CAPTURED", TOTAL, TOTAL)
    assert given_back() == TOTAL
    assert events(order)[-3:] == ["CANCELLED", "REFUND_REQUESTED", "REFUND_MADE"]
    assert_stock_agrees(product, stock=STOCK)
    assert_in_order()


def test_an_order_that_expires_although_its_money_was_captured_gives_it_back(api: Api, product: Product) -> None:
    buy(api, [(product, 2)], "pm_card_authenticationRequired")
    order = the_order()
    decide(order.payment.client_secret, complete=True)
    capture_there(order)
    Order.objects.update(expires_at="2026-01-01T00:00:00Z")
    expire_orders()
    drain()
    assert state() == ("CANCELLED", "CAPTURED", TOTAL, TOTAL)
    assert given_back() == TOTAL
    assert_stock_agrees(product, stock=STOCK)
    assert_in_order()


@pytest.mark.parametrize("act", [capture_there, release_there])
@pytest.mark.parametrize("attempt", range(RACES))
def test_cancellation_and_news_at_once_end_in_one_story(
    api: Api,
    order: Order,
    product: Product,
    tell: Callable[[Order], None],
    act: Callable[[Order], None],
    attempt: int,
) -> None:
    act(order)
    tell(order)
    deliver_due()  # what was written down is on its way
    gate, token = threading.Barrier(2), api.token

    def alone(call: Callable[[], Any]) -> Any:
        try:
            gate.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        cancelling = pool.submit(alone, lambda: cancel(Api(token=token), order))
        pool.submit(alone, deliver_due).result()
        won = cancelling.result() == "CancelOrderSuccess"
    drain()
    if act is release_there:
        assert state() == ("CANCELLED", "VOIDED", 0, 0)
    else:
        assert state() == (("CANCELLED", "CAPTURED", TOTAL, TOTAL) if won else ("FULFILLED", "CAPTURED", TOTAL, 0))
    assert given_back() == the_order().payment.refunded
    assert_stock_agrees(product, stock=STOCK if the_order().status == "CANCELLED" else STOCK - 2)
    assert_in_order()


def test_money_of_a_cancelled_order_that_cannot_be_given_back_is_a_failed_message_and_a_finding(
    api: Api, order: Order, tell: Callable[[Order], None]
) -> None:
    """Once a person has given it back at the provider, a retry of the message finds that all is well."""
    capture_there(order)
    cancel(api, order)
    drain()
    SandboxRefund.objects.update(failed=True)
    tell(order)
    drain()
    for _ in range(delivering.MAX_FAILURES):
        make_due()
        deliver_due()
    failed = FailedMessage.objects.get(dead_at__isnull=False)
    assert (failed.topic, failed.last_error) == (CHANGED, "MoneyKept")
    assert [finding.row_id for rule in RULES for finding in rule() if not finding.pending] == [order.id]
    assert PaymentOperation.objects.filter(kind="REFUND").count() == 1
    refund_there(order, TOTAL)
    retry_message(viewer=Viewer(is_staff=True), message_id=failed.id)
    drain()
    assert (state(), given_back()) == (("CANCELLED", "CAPTURED", TOTAL, TOTAL), TOTAL)
    assert_in_order()
