"""Promise: a call that is repeated with its key places and charges one order."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from domains.orders.models import Order
from domains.payments.models import Payment, SandboxIntent
from domains.products.models import Product
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory, UserFactory
from tests.processes import Stack
from tests.promises.figures import figures, size
from tests.promises.load import create_order
from tests.promises.shoppers import Shopper, at_once, outcomes, wanted

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

KEYS = size(10, 50)
CALLS = 20  # of each key
METHOD = "pm_sandbox_slow"


def leave_half_way(shopper: Shopper, product: Product, *, key: UUID, unsent: int) -> None:
    """Send the call without its last bytes, or all of it, and be gone before the answer."""
    call = create_order(shopper.token, wanted(product, method=METHOD, key=key))
    address = urlsplit(shopper.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(call[: len(call) - unsent])


def test_retries_of_clients_that_leave_half_way_make_one_order_a_key(web: Stack) -> None:
    product = ProductFactory.create(stock=KEYS * CALLS)
    shopper = Shopper(web.url, UserFactory.create())
    calls: list[Callable[[], dict[str, Any] | None]] = []
    for key in [uuid4() for _ in range(KEYS)]:
        calls += [partial(shopper.buy, product, method=METHOD, key=key)] * (CALLS // 2)
        calls += [partial(leave_half_way, shopper, product, key=key, unsent=0)] * (CALLS // 4)
        calls += [partial(leave_half_way, shopper, product, key=key, unsent=20)] * (CALLS // 4)
    random.Random(20).shuffle(calls)
    results = [result for result in at_once(calls, threads=32) if result is not None]
    orders, holds = Order.objects.filter(status="CONFIRMED").count(), SandboxIntent.objects.count()
    figures("never_orders_twice", keys=KEYS, calls=len(calls), answered=len(results), orders=orders, holds=holds)
    assert outcomes(results) == {"CreateOrderSuccess": len(calls) // 2}
    assert len({result["order"]["id"] for result in results}) == KEYS
    assert orders == Order.objects.count() == KEYS
    assert holds == Payment.objects.filter(status="AUTHORIZED").count() == KEYS
    assert_stock_agrees(product, stock=KEYS * CALLS - KEYS)


def test_one_of_the_answers_to_a_key_is_not_replayed(web: Stack) -> None:
    product = ProductFactory.create(stock=100)
    shopper = Shopper(web.url, UserFactory.create())
    keys = [uuid4() for _ in range(10)] * 10
    results = at_once([partial(shopper.buy, product, method=METHOD, key=key) for key in keys], threads=32)
    assert outcomes(results) == {"CreateOrderSuccess": 100}
    assert sum(not result["replayed"] for result in results) == 10
    assert SandboxIntent.objects.count() == 10
