"""What an account and an address may have open: unpaid orders, and cards that were declined."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from domains.common.data.models import IdempotencyKey
from domains.orders.models import Order
from domains.payments.models import Payment, SandboxIntent
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.common.together import together
from tests.domains.orders.shop import DATABASES, buy, the_order
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

UNPAID, DECLINED = "pm_card_authenticationRequired", "pm_card_chargeDeclined"
HOUR = 3_600


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory.create(stock=100)


def order(api: Api, product: Product, method: str, *, quantity: int = 1, key: UUID | None = None) -> dict[str, Any]:
    lines = [{"productId": gid(product), "quantity": quantity}]
    selection = "replayed } ... on RateLimitedError { retryAfterSeconds"
    answer: dict[str, Any] = api.call(
        "createOrder", selection, lines=lines, paymentMethod=method, idempotencyKey=key or uuid4()
    )
    return answer


def kinds(*answers: Any) -> list[str]:
    return sorted(answer["__typename"] for answer in answers)


def test_a_fourth_unpaid_order_is_refused_and_leaves_nothing_behind(staff: Api, product: Product) -> None:
    """Staff are held to it, too."""
    first, refused = uuid4(), uuid4()
    assert (
        kinds(*(order(staff, product, UNPAID, key=key) for key in (first, uuid4(), uuid4())))
        == ["CreateOrderSuccess"] * 3
    )
    Order.objects.update(expires_at=F("expires_at") + timedelta(minutes=1))
    oldest = Order.objects.order_by("created_at")[0]
    Order.objects.filter(id=oldest.id).update(expires_at=timezone.now() + timedelta(minutes=10))
    answer = order(staff, product, "pm_card_visa", key=refused)
    assert (answer["__typename"], answer["code"]) == ("RateLimitedError", "RATE_LIMITED")
    assert 590 < answer["retryAfterSeconds"] <= 600
    assert (SandboxIntent.objects.count(), IdempotencyKey.objects.filter(key=refused).count()) == (3, 0)
    assert order(staff, product, UNPAID, key=first)["replayed"] is True
    assert kinds(order(staff, product, "pm_card_visa", key=first)) == ["IdempotencyConflictError"]
    staff.call("cancelOrder", "order { id }", orderId=gid(oldest))
    assert kinds(order(staff, product, "pm_card_visa", key=refused)) == ["CreateOrderSuccess"]


def test_limits_are_told_after_what_is_wrong_with_the_input_and_before_what_is_short(
    api: Api, product: Product, settings: Settings
) -> None:
    settings.ORDER_MAX_UNPAID = 1
    order(api, product, UNPAID)
    Product.objects.update(stock=0)
    wished = [order(api, product, "pm_card_visa", quantity=quantity) for quantity in (0, 1)]
    Product.objects.update(active=False)
    wished.append(order(api, product, "pm_card_visa"))
    assert [answer["__typename"] for answer in wished] == ["ValidationError", "RateLimitedError", "RateLimitedError"]


def test_ten_declined_cards_an_hour_reach_the_provider(api: Api, product: Product) -> None:
    answers = [order(api, product, DECLINED) for _ in range(12)]
    assert kinds(*answers) == ["PaymentDeclinedError"] * 10 + ["RateLimitedError"] * 2
    assert HOUR - 60 < answers[-1]["retryAfterSeconds"] <= HOUR
    assert SandboxIntent.objects.count() == 10
    assert kinds(order(api, product, "pm_card_visa")) == ["RateLimitedError"]
    oldest = Payment.objects.order_by("created_at")[:1]
    Payment.objects.filter(id=oldest[0].id).update(declined_at=timezone.now() - timedelta(hours=1))
    assert kinds(order(api, product, DECLINED), order(api, product, DECLINED)) == [
        "PaymentDeclinedError",
        "RateLimitedError",
    ]


@pytest.mark.parametrize(("method", "declines", "most"), [(UNPAID, 10, 3), (DECLINED, 2, 2)])
def test_calls_at_the_same_moment_get_no_more_than_calls_one_after_the_other(
    api: Api, product: Product, settings: Settings, method: str, declines: int, most: int
) -> None:
    settings.DECLINES_PER_HOUR = declines
    answers = together(*[lambda: order(Api(token=api.token), product, method)] * 8)
    assert kinds(*answers).count("RateLimitedError") == 8 - most
    assert SandboxIntent.objects.count() == most


def test_an_address_gets_ten_times_the_declines_of_an_account_unless_it_is_trusted(
    product: Product, settings: Settings
) -> None:
    settings.DECLINES_PER_HOUR = 1
    answers = [order(Api(UserFactory.create()), product, DECLINED) for _ in range(11)]
    assert kinds(*answers) == ["PaymentDeclinedError"] * 10 + ["RateLimitedError"]
    settings.BUDGET_TRUSTED_ADDRESSES = (ip_network("127.0.0.0/8"),)
    assert kinds(order(Api(UserFactory.create()), product, "pm_card_visa")) == ["CreateOrderSuccess"]


@pytest.mark.parametrize(
    ("code", "heard"), [("stolen_card", "generic_decline"), ("insufficient_funds", "insufficient_funds")]
)
def test_what_helps_a_thief_is_for_staff(api: Api, staff: Api, product: Product, code: str, heard: str) -> None:
    key = uuid4()
    buy(api, [(product, 1)], DECLINED, key=key)
    Payment.objects.update(decline_code=code)
    query = """mutation ($input: CreateOrderInput!) { createOrder(input: $input) {
        ... on PaymentDeclinedError { declineCode } } }"""
    lines = [{"productId": gid(product), "quantity": 1}]
    again = {"lines": lines, "paymentMethod": DECLINED, "idempotencyKey": str(key)}
    assert api.data(query, {"input": again})["createOrder"]["declineCode"] == heard
    payment = "query ($id: ID!) { order(id: $id) { payment { declineCode } } }"
    seen = [who.data(payment, {"id": gid(the_order())})["order"]["payment"]["declineCode"] for who in (api, staff)]
    assert seen == [None, code]
