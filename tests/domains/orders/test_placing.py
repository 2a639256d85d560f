"""Placing an order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from pytest_django import Settings

from domains.common.background.models import OutboxMessage
from domains.common.data.models import IdempotencyKey
from domains.orders.models import Order
from domains.payments.gateway import Declined
from domains.payments.models import Payment, SandboxIntent
from domains.payments.sandbox.gateway import SandboxGateway
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.common.refusals import broken, refusal
from tests.domains.orders.shop import (
    ADDRESS,
    DATABASES,
    assert_stock_agrees,
    buy,
    events,
    somebody_waits_for_us,
    the_order,
)
from tests.factories import DeliveryMethodFactory, ProductFactory
from tests.processes import wait_until
from tests.promises.shoppers import wanted

BY_CARD = {"paymentMethod": "pm_card_visa", "idempotencyKey": "0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f"}
pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def test_an_order_reserves_stock_holds_money_and_promises_a_confirmation(api: Api) -> None:
    tea, cup = ProductFactory.create(price=499, stock=10), ProductFactory.create(price=1250, stock=3)
    answer = buy(api, [(tea, 2), (cup, 1)])["order"]
    assert (answer["status"], answer["total"]) == ("CONFIRMED", {"amount": "22.48", "currencyCode": "GBP"})
    assert answer["payment"] == {"status": "AUTHORIZED", "clientSecret": None, "authorized": {"amount": "22.48"}}
    assert [(line["sku"], line["quantity"], line["total"]["amount"]) for line in answer["lines"]] == [
        (tea.sku, 2, "9.98"),
        (cup.sku, 1, "12.50"),
    ]
    assert_stock_agrees(tea, stock=8)
    assert_stock_agrees(cup, stock=2)
    assert events(the_order()) == ["PLACED", "CONFIRMED"]
    open_ = OutboxMessage.objects.filter(done_at__isnull=True)
    assert list(open_.values_list("topic", flat=True)) == ["orders.confirmation"]


def test_the_price_of_the_moment_stays_in_the_order(api: Api) -> None:
    product = ProductFactory.create(name="Old name", price=100)
    buy(api, [(product, 1)])
    product.name, product.price = "New name", 999
    product.save()
    line = api.data("{ orders { nodes { lines { productName unitPrice { amount } product { name } } } } }")["orders"][
        "nodes"
    ][0]["lines"][0]
    assert line == {"productName": "Old name", "unitPrice": {"amount": "1.00"}, "product": {"name": "New name"}}


def test_a_product_named_twice_is_added_up(api: Api) -> None:
    product = ProductFactory.create(stock=10)
    lines = buy(api, [(product, 2), (product, 3)])["order"]["lines"]
    assert [line["quantity"] for line in lines] == [5]


def test_a_decline_leaves_a_cancelled_order_and_its_stock_back(api: Api) -> None:
    product = ProductFactory.create(stock=5)
    answer = buy(api, [(product, 2)], "pm_card_chargeDeclined")
    assert (answer["__typename"], answer["code"]) == ("PaymentDeclinedError", "PAYMENT_DECLINED")
    order = the_order()
    assert (order.status, order.payment.status, order.payment.decline_code) == (
        "CANCELLED",
        "FAILED",
        "generic_decline",
    )
    assert events(order) == ["PLACED", "PAYMENT_DECLINED"]
    assert_stock_agrees(product, stock=5)


def test_an_unknown_payment_method_is_a_decline(api: Api) -> None:
    product = ProductFactory.create()
    assert buy(api, [(product, 1)], "pm_card_unheard_of")["__typename"] == "PaymentDeclinedError"
    assert Payment.objects.get().decline_code == "invalid_payment_method"


def test_a_payment_that_wants_an_action_gives_its_owner_alone_the_client_secret(api: Api, staff: Api) -> None:
    answer = buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")["order"]
    assert (answer["status"], answer["payment"]["status"]) == ("PENDING", "REQUIRES_ACTION")
    assert answer["payment"]["clientSecret"] == SandboxIntent.objects.get().client_secret
    seen = staff.data("query ($id: ID!) { order(id: $id) { payment { status clientSecret } } }", {"id": answer["id"]})
    assert seen["order"]["payment"] == {"status": "REQUIRES_ACTION", "clientSecret": None}


SHORTAGES = "productId requested available shortages { productId requested available path }"


def test_every_short_product_is_told_at_its_first_line_and_nothing_is_written(api: Api) -> None:
    plenty, scarce, none = (ProductFactory.create(stock=stock) for stock in (50, 3, 0))
    cart = [(plenty, 1), (scarce, 2), (none, 1), (scarce, 2)]
    lines = [{"productId": gid(product), "quantity": quantity} for product, quantity in cart]
    answer = refusal(api, "createOrder", "InsufficientStockError", SHORTAGES, **BY_CARD, lines=lines)
    first = {"productId": gid(scarce), "requested": 4, "available": 3, "path": ["input", "lines", "1", "quantity"]}
    second = {"productId": gid(none), "requested": 1, "available": 0, "path": ["input", "lines", "2", "quantity"]}
    assert answer.pop("shortages") == [first, second]
    assert answer.pop("message") == "4 were asked for and 3 are in stock"
    assert answer == {**first, "code": "INSUFFICIENT_STOCK"}
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert_stock_agrees(plenty, stock=50)


def test_every_product_off_sale_is_told_before_any_that_is_short(api: Api) -> None:
    products = [ProductFactory.create(stock=0), *ProductFactory.create_batch(2, active=False)]
    lines = [{"productId": gid(product), "quantity": 1} for product in products]
    kind = "ProductUnavailableError"
    answer = refusal(api, "createOrder", kind, "productId productIds", **BY_CARD, lines=lines)
    assert answer["path"] == ["input", "lines", "1", "productId"]
    assert [answer["productId"], *answer["productIds"][1:]] == answer["productIds"] == [*map(gid, products[1:])]
    assert not Order.objects.exists()


def test_what_others_buy_between_reading_and_taking_is_told_at_once(api: Api) -> None:
    products = ProductFactory.create_batch(2, stock=5)

    def buyer() -> Any:
        try:
            lines = [{"productId": gid(product), "quantity": 3} for product in products]
            return refusal(api, "createOrder", "InsufficientStockError", SHORTAGES, **BY_CARD, lines=lines)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Product.objects.update(stock=1)
            answer = pool.submit(buyer)
            wait_until(somebody_waits_for_us, what="the buyer waits for the products")
        shortages = answer.result()["shortages"]
    assert [(short["path"][2], short["available"]) for short in shortages] == [("0", 1), ("1", 1)]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("lines", "path", "code"),
    [
        ([], "input.lines", "REQUIRED"),
        ([{"quantity": 0}], "input.lines.0.quantity", "TOO_SMALL"),
        ([{"quantity": -1}], "input.lines.0.quantity", "TOO_SMALL"),
        ([{"quantity": 101}], "input.lines.0.quantity", "TOO_LARGE"),
        ([{"quantity": 60}, {"quantity": 60}], "input.lines.1.quantity", "TOO_LARGE"),
        ([{"quantity": 1}, {"quantity": 1, "productId": "nonsense"}], "input.lines.1.productId", "UNKNOWN"),
        ([{"quantity": 1}] * 101, "input.lines", "TOO_LONG"),
    ],
)
def test_lines_outside_the_limits_are_refused(api: Api, lines: list[dict[str, object]], path: str, code: str) -> None:
    product = ProductFactory.create(stock=1000)
    sent = [{"productId": gid(product), **line} for line in lines]
    assert broken(api, "createOrder", **BY_CARD, lines=sent) == {(path, code)}
    assert not Order.objects.exists()


def test_limits_come_from_the_settings(api: Api, settings: Settings) -> None:
    settings.ORDER_MAX_QUANTITY = 2
    assert buy(api, [(ProductFactory.create(), 3)])["__typename"] == "ValidationError"


def test_an_order_must_cost_something(api: Api) -> None:
    gift = {"productId": gid(ProductFactory.create(price=0)), "quantity": 1}
    assert broken(api, "createOrder", **BY_CARD, lines=[gift]) == {("input.lines", "TOO_SMALL")}


def test_nobody_cannot_order(nobody: Api) -> None:
    query = """mutation { createOrder(input: {lines: [], paymentMethod: "pm_card_visa",
        idempotencyKey: "0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f"}) { __typename } }"""
    assert nobody.code(query) == "UNAUTHENTICATED"


def test_totals_are_exact_far_beyond_an_int(api: Api) -> None:
    product = ProductFactory.create(price=9_999_999_999, stock=100)
    assert buy(api, [(product, 100)])["order"]["total"]["amount"] == "9999999999.00"


def test_the_provider_is_told_the_orders_number_and_the_page_to_return_to(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def listening(method: str, name: str) -> None:
        real = getattr(SandboxGateway, method)

        def call(self: SandboxGateway, *args: Any, **named: Any) -> Any:
            told.append(named[name])
            return real(self, *args, **named)

        monkeypatch.setattr(SandboxGateway, method, call)

    listening("create", "reference")
    listening("confirm", "return_url")
    number = buy(api, [(ProductFactory.create(), 1)])["order"]["number"]
    assert told == [number, f"{django_settings.FRONTEND_URL}/orders/{number}"]


def test_an_order_below_what_the_provider_charges_is_not_the_cards_fault_and_nothing_is_written(
    api: Api, settings: Settings
) -> None:
    settings.PAYMENT_GATEWAY = "stripe"
    told = buy(api, [(ProductFactory.create(price=29), 1)])
    assert (told["__typename"], told["path"]) == ("ValidationError", ["input", "lines"])
    assert not Order.objects.exists()


@pytest.mark.parametrize("code", ["amount_too_small", "amount_too_large"])
def test_an_amount_that_the_provider_refuses_is_not_the_cards_fault(
    api: Api, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """What is paid out in another currency has a least amount that only the provider knows."""

    def refused(*_: object, **__: object) -> None:
        raise Declined(code)

    monkeypatch.setattr(SandboxGateway, "create", refused)
    product, key = ProductFactory.create(stock=5), uuid4()
    assert [buy(api, [(product, 1)], key=key)["__typename"] for _ in range(2)] == ["ValidationError"] * 2
    assert Order.objects.get().status == "CANCELLED"
    assert_stock_agrees(product, stock=5)


ORDER = """mutation ($input: CreateOrderInput!) { createOrder(input: $input) {
    ... on CreateOrderSuccess { order { id number status total { amount } lines { quantity } } } } }"""


@pytest.mark.parametrize(("lines", "delivered"), [(2, 0), (20, 0), (2, 1), (20, 1)])
def test_an_order_takes_ten_statements_however_many_lines_it_has_and_one_more_to_be_delivered(
    api: Api, lines: int, delivered: int
) -> None:
    wish = wanted(*ProductFactory.create_batch(lines))
    if delivered:
        wish["delivery"] = {"methodId": gid(DeliveryMethodFactory.create()), "address": ADDRESS}
    statements: list[str] = []  # not those of the sandbox, which has its own connection

    def kept(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        statements.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(kept):
        assert api.data(ORDER, {"input": wish})["createOrder"]["order"]["status"] == "CONFIRMED"
    assert len(statements) == 10 + delivered, "\n".join(statements)
