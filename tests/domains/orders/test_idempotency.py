"""The same key again."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connections
from pytest_django import Settings

from domains.accounts.models import User
from domains.common.data.models import IdempotencyKey
from domains.common.guard.bulkhead import PAYMENTS
from domains.orders.models import Order
from domains.payments.models import SandboxIntent
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, buy, deliver_due, make_due, the_order
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def test_a_replay_answers_the_same_order_as_it_is_now(api: Api) -> None:
    product, key = ProductFactory.create(stock=5), uuid4()
    first = buy(api, [(product, 1)], key=key)
    api.call("cancelOrder", "order { status }", orderId=first["order"]["id"])
    again = buy(api, [(product, 1)], key=key)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["order"]["id"] == first["order"]["id"]
    assert again["order"]["status"] == "CANCELLED"
    assert Order.objects.count() == SandboxIntent.objects.count() == 1


def test_the_order_of_lines_and_the_case_of_the_key_do_not_count(api: Api) -> None:
    one, two, key = ProductFactory.create(), ProductFactory.create(), uuid4()
    buy(api, [(one, 1), (two, 2)], key=key)
    lines = [{"productId": gid(product), "quantity": quantity} for product, quantity in [(two, 1), (one, 1), (two, 1)]]
    again = api.call(
        "createOrder", "replayed", lines=lines, paymentMethod="pm_card_visa", idempotencyKey=str(key).upper()
    )
    assert again == {"__typename": "CreateOrderSuccess", "replayed": True}


def test_another_input_under_the_key_is_a_conflict(api: Api) -> None:
    product, key = ProductFactory.create(), uuid4()
    buy(api, [(product, 1)], key=key)
    assert buy(api, [(product, 2)], key=key)["code"] == "IDEMPOTENCY_CONFLICT"
    assert buy(api, [(product, 1)], "pm_sandbox_slow", key=key)["code"] == "IDEMPOTENCY_CONFLICT"
    assert Order.objects.count() == 1


def test_a_key_that_the_first_release_stored_is_replayed(api: Api) -> None:
    product, key = ProductFactory.create(), uuid4()
    buy(api, [(product, 2)], key=key)
    text = f'{{"lines":{{"{product.id}":2}},"method":"pm_card_visa"}}'
    IdempotencyKey.objects.update(fingerprint=hashlib.sha256(text.encode()).hexdigest())
    assert buy(api, [(product, 2)], key=key)["replayed"]


def test_keys_belong_to_their_customer(api: Api) -> None:
    product, key = ProductFactory.create(), uuid4()
    other = Api(UserFactory.create())
    assert not buy(api, [(product, 1)], key=key)["replayed"]
    assert not buy(other, [(product, 1)], key=key)["replayed"]
    assert Order.objects.count() == 2


def test_a_refusal_that_wrote_nothing_keeps_no_key(api: Api) -> None:
    product, key = ProductFactory.create(stock=1), uuid4()
    assert buy(api, [(product, 2)], key=key)["code"] == "INSUFFICIENT_STOCK"
    assert buy(api, [(product, 1)], key=key)["order"]["status"] == "CONFIRMED"


def test_a_decline_is_kept_and_replayed(api: Api) -> None:
    product, key = ProductFactory.create(), uuid4()
    first = buy(api, [(product, 1)], "pm_card_chargeDeclined", key=key)
    assert buy(api, [(product, 1)], "pm_card_chargeDeclined", key=key) == first
    assert Order.objects.count() == 1


def test_a_payment_that_wants_an_action_replays_its_client_secret(api: Api) -> None:
    product, key = ProductFactory.create(), uuid4()
    first = buy(api, [(product, 1)], "pm_card_authenticationRequired", key=key)["order"]["payment"]
    again = buy(api, [(product, 1)], "pm_card_authenticationRequired", key=key)
    assert again["replayed"]
    assert again["order"]["payment"] == first
    assert first["clientSecret"]


def test_an_undecided_payment_is_pending_until_it_settles(api: Api, settings: Settings) -> None:
    settings.PAYMENT_GATEWAY_TIMEOUT = 0.05
    product, key = ProductFactory.create(), uuid4()
    first = buy(api, [(product, 1)], "pm_sandbox_timeout", key=key)
    Order.objects.update(created_at="2026-01-01T00:00:00Z")  # a twin would wait for a young one
    again = buy(api, [(product, 1)], "pm_sandbox_timeout", key=key)
    assert first["code"] == again["code"] == "PAYMENT_PENDING"
    assert the_order().status == "PENDING"
    SandboxIntent.objects.update(authorizes_at="2026-01-01T00:00:00Z")  # the provider's answer has arrived there
    make_due()
    deliver_due()
    settled = buy(api, [(product, 1)], "pm_sandbox_timeout", key=key)
    assert (settled["replayed"], settled["order"]["status"]) == (True, "CONFIRMED")


def test_twenty_calls_at_once_with_one_key_make_one_order(customer: User) -> None:
    product, key = ProductFactory.create(stock=100), uuid4()
    token = Api(customer).token

    def call(_: int) -> bool:
        try:
            replayed: bool = buy(Api(token=token), [(product, 1)], "pm_sandbox_slow", key=key)["replayed"]
            return replayed
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PAYMENTS.threads) as pool:
        replayed = list(pool.map(call, range(20)))
    assert sorted(replayed) == [False] + [True] * 19
    assert Order.objects.count() == SandboxIntent.objects.count() == 1
    assert_stock_agrees(product, stock=99)
