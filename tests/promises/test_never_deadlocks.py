"""Promise: carts that name the same products in opposite orders never deadlock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from time import perf_counter
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections
from django.db.models import F

from domains.common.data.models import new_id
from domains.common.data.transactions import short_transaction
from domains.common.errors import ServiceUnavailableError
from domains.products import stock
from domains.products.models import Product, StockMovement
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory
from tests.processes import running, wait_until
from tests.promises.figures import figures, size
from tests.promises.shoppers import at_once, crowd, outcomes

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

CARTS = size(96, 800)  # a multiple of AT_ONCE
AT_ONCE = 32
SECONDS = size(5, 60)  # for one way of taking stock: with deadlocks it hardly gets on
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

type Cart = list[UUID]
type Take = Callable[[Cart], None]


def counted_deadlocks() -> int:
    """Of this database so far. Sessions report theirs when they end, so the others have ended when this returns."""
    with connection.cursor() as cursor:
        wait_until(lambda: cursor.execute(OTHERS) or cursor.fetchall() == [(0,)], what="other sessions have ended")
        cursor.execute(
            "SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchall()[0][1])


def test_no_deadlock_reaches_a_client(transactional_db: None, tmp_path: Path) -> None:
    goods = ProductFactory.create_batch(2, stock=CARTS)
    before = counted_deadlocks()
    with running(tmp_path / "mails", "web") as web:
        carts = [goods, goods[::-1]] * (CARTS // 2)
        calls = [partial(shopper.buy, *cart) for shopper, cart in zip(crowd(web.url, CARTS), carts, strict=True)]
        started = perf_counter()
        results = at_once(calls, threads=AT_ONCE)
        seconds = perf_counter() - started
    deadlocks = counted_deadlocks() - before
    figures("never_deadlocks", carts=CARTS, at_once=AT_ONCE, deadlocks=deadlocks, orders_per_second=CARTS / seconds)
    assert outcomes(results) == {"CreateOrderSuccess": CARTS}
    assert deadlocks == 0
    for product in goods:
        assert_stock_agrees(product, stock=0)


def take_in_id_order(cart: Cart) -> None:
    stock.take(dict.fromkeys(cart, 1), order_id=new_id())


def take_as_given(cart: Cart) -> None:
    """What `stock.take` would be without its order."""
    reason = StockMovement.Reason.ORDER
    StockMovement.objects.bulk_create(StockMovement(product_id=id_, delta=-1, reason=reason) for id_ in cart)
    for product_id in cart:
        Product.objects.filter(id=product_id, active=True, stock__gte=1).update(stock=F("stock") - 1)


def one_after_another(take: Take, carts: list[Cart], until: float) -> Counter[str]:
    """A short transaction for each cart; how they ended. No new one is begun after `until`."""
    ends: Counter[str] = Counter()
    for cart in carts:
        if perf_counter() > until:
            break
        try:
            with short_transaction():
                take(cart)
            ends["done"] += 1
        except (DatabaseError, ServiceUnavailableError) as error:
            ends[str(getattr(error.__cause__, "sqlstate", "57014"))] += 1
    connections.close_all()
    return ends


def measured(take: Take, *, seconds: float) -> Counter[str]:
    """Opposite carts on products of their own, by many at once."""
    goods = ProductFactory.create_batch(2, stock=CARTS)
    ids = [product.id for product in goods]
    shares = [[ids if number % 2 else ids[::-1]] * (CARTS // AT_ONCE) for number in range(AT_ONCE)]
    started = perf_counter()
    calls = [partial(one_after_another, take, carts, started + seconds) for carts in shares]
    ends = sum(at_once(calls, threads=AT_ONCE), Counter[str]())
    rate = ends["done"] / (perf_counter() - started)
    told = {"done": ends["done"], "deadlocks": ends["40P01"], "lock_timeouts": ends["55P03"]}
    figures(f"never_deadlocks: {take.__name__}", carts=CARTS, **told, carts_per_second=rate)
    for product in goods:
        assert_stock_agrees(product, stock=CARTS - ends["done"])
    return ends


def test_stock_in_id_order_is_taken_without_a_deadlock() -> None:
    measured(take_as_given, seconds=SECONDS)  # for comparison
    assert measured(take_in_id_order, seconds=inf) == {"done": CARTS}
