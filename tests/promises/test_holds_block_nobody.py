"""Promise: while the payment provider is slow, nobody waits for a row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

from domains.common.data.models import new_id
from domains.orders.models import Order
from domains.payments import services
from domains.payments.gateway import gateway
from domains.payments.models import Payment, SandboxIntent
from domains.products.models import Product
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory
from tests.processes import Stack, running, wait_until
from tests.promises.figures import FULL, figures, size
from tests.promises.load import Load, create_order, put_under_load
from tests.promises.shoppers import crowd, outcomes, wanted

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

ORDERS = size(96, 4_000)
CLIENTS = size(16, 24)  # and twice as many threads of each web process: half of them may wait for the provider
# Some 100 orders a second on two cores: short of all they can do, when transactions also wait for a turn to compute.
CALM_CLIENTS = size(2, 16)
RATE = 100  # orders per second
AGE = 50.0  # milliseconds; a hold takes 100
OLDEST = """SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float * 1000
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND state IN ('active', 'idle in transaction')"""


class Watch(threading.Thread):
    """Looks for old transactions every few milliseconds, over a connection of its own."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ages: list[float] = []  # of the oldest one at each look, in milliseconds
        self._over = threading.Event()

    def run(self) -> None:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
            while not self._over.wait(0.02):
                self.ages += session.execute(OLDEST).fetchone() or ()

    def stop(self) -> None:
        self._over.set()
        self.join()


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[Stack]:
    """The web server alone: two processes, for two cores, each with room for all clients' holds."""
    with running(folder / "mails", "web", WEB_THREADS=str(2 * CLIENTS), GRANIAN_WORKERS="2") as stack:
        yield stack


def sell(stack: Stack, product: Product, *, orders: int, clients: int) -> tuple[Load, Watch]:
    """That many orders with slow holds by so many customers, watched; the connections are made before."""
    order = wanted(product, method="pm_sandbox_slow")
    buyers = cycle(crowd(stack.url, clients))
    requests = [
        create_order(next(buyers).token, {**order, "idempotencyKey": str(new_id())}) for _ in range(orders + clients)
    ]
    put_under_load(stack.url, requests[:clients], clients=clients)
    watch = Watch()
    watch.start()
    load = put_under_load(stack.url, requests[clients:], clients=clients)
    watch.stop()
    return load, watch


def test_many_slow_holds_on_one_product(shop: Stack) -> None:
    product = ProductFactory.create(stock=2 * ORDERS)
    load, busy = sell(shop, product, orders=ORDERS, clients=CLIENTS)
    slow, calm = sell(shop, product, orders=size(20, 1_200), clients=CALM_CLIENTS)
    figures("holds_block_nobody", orders=ORDERS, clients=CLIENTS, orders_per_second=load.rate, **ages(busy))
    figures(
        "holds_block_nobody: calm",
        orders=len(slow.answers),
        clients=CALM_CLIENTS,
        orders_per_second=slow.rate,
        **ages(calm),
    )
    confirmed = Order.objects.filter(status="CONFIRMED").count()
    assert outcomes(load.results + slow.results) == {"CreateOrderSuccess": confirmed - CLIENTS - CALM_CLIENTS}
    assert_stock_agrees(product, stock=2 * ORDERS - confirmed)
    if FULL:
        assert max(calm.ages) < AGE
        assert min(load.rate, slow.rate) >= RATE


def ages(watch: Watch) -> dict[str, float]:
    """Of the oldest transaction, over all looks, in milliseconds."""
    found = sorted(watch.ages)
    return {"looks": len(found), "oldest_ms": found[-1], "median_ms": found[len(found) // 2]}


def test_while_holds_are_out_no_transaction_is_open_and_others_buy(shop: Stack) -> None:
    product = ProductFactory.create(stock=10)
    with ThreadPoolExecutor(8) as pool:
        *waiting, other = crowd(shop.url, 9)
        calls = [pool.submit(buyer.buy, product, method="pm_sandbox_timeout") for buyer in waiting]
        at_provider = SandboxIntent.objects.filter(status="processing")
        wait_until(lambda: at_provider.count() == 8, what="eight holds are out")
        with connection.cursor() as cursor:
            cursor.execute(OLDEST)
            assert cursor.fetchone() == (0.0,)
        assert other.buy(product)["__typename"] == "CreateOrderSuccess"
        assert Payment.objects.filter(status="PENDING").count() == 8
        assert outcomes(call.result() for call in calls) == {"PaymentPendingError": 8}


def test_a_provider_is_never_called_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        gateway()  # whoever wants to call it
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        services.settle(Payment(), services.Purchase("2026-000123", "https://shop.example"))
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        services.carry_out(new_id())
