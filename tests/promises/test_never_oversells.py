"""Promise: what is not in stock is not sold, however many ask at once."""

from __future__ import annotations

from functools import partial

import pytest
from django.db.models import Sum

from domains.orders.models import Order, OrderLine
from domains.payments.models import Payment
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory, UserFactory
from tests.processes import Stack
from tests.promises.shoppers import Shopper, at_once, outcomes

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def test_two_hundred_buyers_of_forty_units_get_forty_orders(web: Stack) -> None:
    product = ProductFactory.create(stock=40)
    shoppers = [Shopper(web.url, user) for user in UserFactory.create_batch(200)]
    results = at_once([partial(shopper.buy, product) for shopper in shoppers], threads=32)
    assert outcomes(results) == {"CreateOrderSuccess": 40, "InsufficientStockError": 160}
    assert Order.objects.filter(status="CONFIRMED").count() == Order.objects.count() == 40
    assert OrderLine.objects.aggregate(sold=Sum("quantity")) == {"sold": 40}
    assert Payment.objects.filter(status="AUTHORIZED").count() == 40
    assert_stock_agrees(product, stock=0)


def test_two_buyers_never_share_the_last_unit(web: Stack) -> None:
    for _ in range(5):
        product = ProductFactory.create(stock=1)
        shoppers = [Shopper(web.url, user) for user in UserFactory.create_batch(2)]
        results = at_once([partial(shopper.buy, product) for shopper in shoppers], threads=2)
        assert outcomes(results) == {"CreateOrderSuccess": 1, "InsufficientStockError": 1}
        assert_stock_agrees(product, stock=0)
