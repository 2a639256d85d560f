"""Promise: a call that is repeated with its key places and charges one order."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from domains.orders.models import Order
from domains.payments.models import SandboxIntent
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory, UserFactory
from tests.processes import Stack
from tests.promises.shoppers import Shopper, at_once, outcomes

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def test_ten_keys_of_twenty_calls_each_make_ten_orders(web: Stack) -> None:
    product = ProductFactory.create(stock=100)
    shopper = Shopper(web.url, UserFactory.create())
    keys = [uuid4() for _ in range(10)] * 20
    calls = [partial(shopper.buy, product, method="pm_sandbox_slow", key=key) for key in keys]
    results = at_once(calls, threads=32)
    assert outcomes(results) == {"CreateOrderSuccess": 200}
    assert sum(not result["replayed"] for result in results) == 10
    assert len({result["order"]["id"] for result in results}) == 10
    assert Order.objects.filter(status="CONFIRMED").count() == SandboxIntent.objects.count() == 10
    assert_stock_agrees(product, stock=90)
