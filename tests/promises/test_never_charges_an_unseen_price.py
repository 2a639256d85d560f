"""Promise: a buyer pays what was shown, or hears that it has changed; nothing is written then."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from domains.common.data.models import IdempotencyKey
from domains.delivery.models import DeliveryMethod
from domains.orders.models import Order
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, wish
from tests.factories import DeliveryMethodFactory, ProductFactory, UserFactory
from tests.promises.figures import figures, size

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

BUYERS, ROUNDS = size((4, 5), (8, 25))  # each sees the price change before every order
RACES = size(5, 100)  # orders of each while the price goes up and down
PRICES = (999, 1_001, 1_250)
QUOTE = "query ($input: OrderQuoteInput!) { orderQuote(input: $input) { total { amount } problems { code } } }"
ORDER = "order { id total { amount } payment { authorized { amount } } }"


def shown(api: Api, product: Product, method: DeliveryMethod) -> str:
    """What the buyer reads before the click."""
    lines = [{"productId": gid(product), "quantity": 1}]
    wanted = {"lines": lines, "deliveryMethodId": gid(method), "countryCode": "GB"}
    quote = api.data(QUOTE, {"input": wanted})["orderQuote"]
    assert quote["problems"] == []
    return str(quote["total"]["amount"])


def ordered(api: Api, product: Product, method: DeliveryMethod, total: str) -> dict[str, Any]:
    return api.call("createOrder", ORDER, **wish([(product, 1)], method, expectedTotal=total))


def at_once(buyers: list[Api], act: Any) -> list[Any]:
    """What each of them met; threads with connections of their own."""

    def one(api: Api) -> Any:
        try:
            return act(api)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(buyers)) as threads:
        return [result for results in threads.map(one, buyers) for result in results]


@pytest.fixture
def buyers(settings: Settings) -> list[Api]:
    settings.ORDER_MAX_UNPAID = 10**6
    return [Api(user) for user in UserFactory.create_batch(BUYERS)]


def test_a_price_changed_between_quote_and_order_is_never_charged(buyers: list[Api], staff: Api) -> None:
    products, methods = ProductFactory.create_batch(BUYERS, stock=9), DeliveryMethodFactory.create_batch(BUYERS)
    mine = dict(zip(buyers, zip(products, methods, strict=True), strict=True))

    def sees_each_price_change(api: Api) -> list[str]:
        product, method = mine[api]
        kinds = []
        for number in range(ROUNDS):
            total = shown(api, product, method)
            if number % 2:
                change = {"productId": gid(product), "price": f"12.{number:02}"}
                assert staff.call("updateProduct", "product { id }", **change)["product"]
            else:
                change = {"methodId": gid(method), "price": str(number + 1)}
                assert staff.call("updateDeliveryMethod", "deliveryMethod { id }", **change)["deliveryMethod"]
            kinds.append(ordered(api, product, method, total)["__typename"])
        return kinds

    kinds = at_once(buyers, sees_each_price_change)
    figures("never_charges_an_unseen_price", changed=len(kinds), told=kinds.count("PriceChangedError"))
    assert kinds == ["PriceChangedError"] * (BUYERS * ROUNDS)
    assert (Order.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    for product in products:
        assert_stock_agrees(product, stock=9)


def test_what_is_held_is_what_was_shown_while_the_price_goes_up_and_down(buyers: list[Api]) -> None:
    product, method = ProductFactory.create(stock=10_000), DeliveryMethodFactory.create()
    over = threading.Event()

    def change() -> None:
        try:
            for number in count():
                if over.wait(0.002):
                    return
                Product.objects.filter(id=product.id).update(price=PRICES[number % len(PRICES)])
        finally:
            connections.close_all()

    changing = threading.Thread(target=change)
    changing.start()

    def buys(api: Api) -> list[str]:
        kinds = []
        for _ in range(RACES):
            total = shown(api, product, method)
            answer = ordered(api, product, method, total)
            kinds.append(answer["__typename"])
            if answer["__typename"] == "CreateOrderSuccess":
                order = answer["order"]
                assert order["total"] == order["payment"]["authorized"] == {"amount": total}
        return kinds

    try:
        kinds = at_once(buyers, buys)
    finally:
        over.set()
        changing.join()
    placed = kinds.count("CreateOrderSuccess")
    assert placed + kinds.count("PriceChangedError") == BUYERS * RACES
    assert Order.objects.count() == placed
    assert_stock_agrees(product, stock=10_000 - placed)
