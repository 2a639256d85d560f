"""An order that something is done to at the provider, and how its news come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from domains.orders.models import Order
from domains.payments.gateway import _made
from domains.products.models import Product
from tests.api import Api
from tests.domains.orders.dashboard import STOCK, TOTAL, drain
from tests.domains.orders.shop import buy, the_order
from tests.domains.payments.news import PATH, SECRET, news, signed
from tests.factories import ProductFactory


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory.create(stock=STOCK, price=TOTAL // 2)


@pytest.fixture
def order(api: Api, product: Product) -> Order:
    """CONFIRMED, two of a product for 20.00; all that was promised for it is done."""
    buy(api, [(product, 2)])
    drain()
    return the_order()


@pytest.fixture
def tell(settings: Settings) -> Callable[[Order], None]:
    """What Stripe does, whatever has happened; what it says has happened is not believed."""

    def post(order: Order) -> None:
        body = news(order.payment.intent_id, id_=f"evt_{uuid4()}")
        settings.PAYMENT_GATEWAY, settings.STRIPE_WEBHOOK_SECRET = "stripe", [SECRET]
        headers = {"Stripe-Signature": signed(body)}
        assert Client().post(PATH, body, content_type="application/json", headers=headers).status_code == 200
        settings.PAYMENT_GATEWAY = "sandbox"

    return post


@pytest.fixture
def silence(settings: Settings) -> Iterator[None]:
    """A provider that is not there."""
    settings.PAYMENT_GATEWAY, settings.STRIPE_API_KEY = "stripe", "sk_test"
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    _made.cache_clear()
    yield
    settings.PAYMENT_GATEWAY = "sandbox"
    _made.cache_clear()
