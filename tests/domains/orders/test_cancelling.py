"""Cancelling an order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from pytest_django import Settings

from domains.accounts.models import User
from domains.orders.services.cancelling import _cancel
from domains.payments.models import PaymentOperation, SandboxIntent
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, buy, deliver_due, events, make_due, the_order
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
CANCELLED = "order { status version payment { status } }"


def test_a_cancellation_returns_the_stock_and_releases_the_hold(api: Api) -> None:
    product = ProductFactory.create(stock=5)
    order = buy(api, [(product, 2)])["order"]
    answer = api.call("cancelOrder", CANCELLED, orderId=order["id"], reason="Changed my mind")["order"]
    assert answer == {"status": "CANCELLED", "version": 3, "payment": {"status": "VOIDED"}}
    assert SandboxIntent.objects.get().status == "canceled"
    assert_stock_agrees(product, stock=5)
    assert the_order().events.get(type="CANCELLED").message == "Changed my mind"


def test_a_hold_is_released_where_it_was_made_whichever_provider_is_chosen_since(api: Api, settings: Settings) -> None:
    order = buy(api, [(ProductFactory.create(), 1)])["order"]
    settings.PAYMENT_GATEWAY = "stripe"
    assert api.call("cancelOrder", CANCELLED, orderId=order["id"])["order"]["payment"] == {"status": "VOIDED"}
    assert SandboxIntent.objects.get().status == "canceled"


def test_a_long_reason_is_cut_and_the_input_says_so(api: Api) -> None:
    order = buy(api, [(ProductFactory.create(), 1)])["order"]
    api.call("cancelOrder", CANCELLED, orderId=order["id"], reason="x" * 201)
    assert the_order().events.get(type="CANCELLED").message == "x" * 200
    fields = api.data('{ __type(name: "CancelOrderInput") { inputFields { name description } } }')["__type"]
    descriptions = {field["name"]: field["description"] for field in fields["inputFields"]}
    assert "beyond 200 characters is cut" in descriptions["reason"]


def test_a_second_cancellation_is_an_invalid_state_and_returns_nothing_twice(api: Api) -> None:
    product = ProductFactory.create(stock=5)
    order = buy(api, [(product, 2)])["order"]
    api.call("cancelOrder", CANCELLED, orderId=order["id"])
    answer = api.call("cancelOrder", CANCELLED, orderId=order["id"])
    assert (answer["__typename"], answer["path"]) == ("InvalidStateError", ["input", "orderId"])
    assert "CANCELLED" in answer["message"]
    assert_stock_agrees(product, stock=5)


def test_ten_cancellations_at_once_return_the_stock_once(customer: User) -> None:
    product = ProductFactory.create(stock=5)
    api = Api(customer)
    order_id = buy(api, [(product, 2)])["order"]["id"]

    def cancel(_: int) -> str:
        try:
            typename: str = Api(token=api.token).call("cancelOrder", CANCELLED, orderId=order_id)["__typename"]
            return typename
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        answers = sorted(pool.map(cancel, range(10)))
    assert answers == ["CancelOrderSuccess"] + ["InvalidStateError"] * 9
    assert_stock_agrees(product, stock=5)
    assert PaymentOperation.objects.count() == 1


def test_an_order_that_waits_for_an_action_can_be_cancelled(api: Api) -> None:
    product = ProductFactory.create(stock=5)
    order = buy(api, [(product, 1)], "pm_card_authenticationRequired")["order"]
    assert api.call("cancelOrder", CANCELLED, orderId=order["id"])["order"]["payment"] == {"status": "VOIDED"}
    make_due()
    deliver_due()
    assert events(the_order()) == ["PLACED", "PAYMENT_ACTION_REQUIRED", "CANCELLED"]
    assert_stock_agrees(product, stock=5)


def test_strangers_and_absent_orders_look_the_same(api: Api, staff: Api) -> None:
    order = buy(api, [(ProductFactory.create(), 1)])["order"]
    stranger = Api(UserFactory.create())
    wrong = [order["id"], gid(ProductFactory.create()), "nonsense"]
    answers = [stranger.call("cancelOrder", CANCELLED, orderId=order_id) for order_id in wrong]
    assert [answer["__typename"] for answer in answers] == ["NotFoundError"] * 3
    assert answers[0] == answers[2]
    assert staff.call("cancelOrder", CANCELLED, orderId=order["id"])["order"]["status"] == "CANCELLED"


def test_a_void_whose_caller_died_is_carried_out_by_the_outbox(api: Api) -> None:
    """As after a crash between the commit of the cancellation and the call to the provider."""
    order_id = buy(api, [(ProductFactory.create(), 1)])["order"]["id"]
    order = the_order()
    _cancel(order, actor_id=order.customer_id, reason="Order cancelled")
    assert SandboxIntent.objects.get().status == "requires_capture"
    make_due()
    assert deliver_due() >= 1
    assert SandboxIntent.objects.get().status == "canceled"
    assert api.data("query ($id: ID!) { order(id: $id) { payment { status } } }", {"id": order_id})["order"] == {
        "payment": {"status": "VOIDED"}
    }
