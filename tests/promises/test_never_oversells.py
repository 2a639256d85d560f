"""Promise: what is not in stock is not sold, however many ask at once."""

from __future__ import annotations

from functools import partial
from time import perf_counter

import pytest
from django.db.models import Sum

from domains.orders.models import Order, OrderLine
from domains.payments.models import Payment, SandboxIntent
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import DeliveryMethodFactory, ProductFactory
from tests.processes import Stack
from tests.promises.figures import figures, size
from tests.promises.shoppers import at_once, crowd, outcomes

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

BUYERS = size(200, 2_000)
UNITS = size(40, 400)
AT_ONCE = 32


def test_more_buyers_than_units_get_exactly_the_units(web: Stack) -> None:
    product, method = ProductFactory.create(stock=UNITS, tax_rate=20), DeliveryMethodFactory.create()
    calls = [partial(shopper.buy, product, by=method) for shopper in crowd(web.url, BUYERS)]
    started = perf_counter()
    results = at_once(calls, threads=AT_ONCE)  # an answer that is not a result of createOrder raises
    seconds = perf_counter() - started
    told = outcomes(results)
    sold = OrderLine.objects.aggregate(sold=Sum("quantity"))["sold"]
    figures("never_oversells", buyers=BUYERS, units=UNITS, at_once=AT_ONCE, sold=sold, seconds=seconds, **told)
    assert told == {"CreateOrderSuccess": UNITS, "InsufficientStockError": BUYERS - UNITS}
    assert Order.objects.filter(status="CONFIRMED").count() == Order.objects.count() == sold == UNITS
    assert Payment.objects.filter(status="AUTHORIZED").count() == SandboxIntent.objects.count() == UNITS
    assert Order.objects.filter(total=product.price + method.price, charges__amount=method.price).count() == UNITS
    assert_stock_agrees(product, stock=0)


def test_two_buyers_never_share_the_last_unit(web: Stack) -> None:
    for _ in range(size(5, 100)):
        product = ProductFactory.create(stock=1)
        results = at_once([partial(shopper.buy, product) for shopper in crowd(web.url, 2)], threads=2)
        assert outcomes(results) == {"CreateOrderSuccess": 1, "InsufficientStockError": 1}
        assert_stock_agrees(product, stock=0)
