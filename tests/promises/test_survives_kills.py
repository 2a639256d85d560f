"""Promise: whatever is killed whenever, each customer gets the order, once, and each order its confirmation."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.promises.deployment import PARTS, Deployment, deployed
from tests.promises.figures import Rounds, figures, size
from tests.promises.persistent import Caller, Customer

ROUNDS, KILLS = size((1, 5), (12, 10))
CUSTOMERS = 4
DRAINED_WITHIN = 30.0  # seconds after the last kill
AT_ONCE = 0.25  # of the kills follow the one before at once, the others some orders later
ORDERS_BETWEEN = size((1, 12), (1, 40))

PREPARE = f"""
import json, django
django.setup()
from tests.api import gid
from tests.factories import DeliveryMethodFactory, ProductFactory, StaffFactory
from tests.promises.shoppers import Shopper, crowd
people = [shopper.token for shopper in crowd("", {CUSTOMERS})]
goods = [gid(product) for product in ProductFactory.create_batch(10, stock=100_000)]
method = gid(DeliveryMethodFactory.create(tax_rate=20))
staff = Shopper("", StaffFactory.create()).token
print(json.dumps({{"people": people, "goods": goods, "method": method, "staff": staff}}))
"""
OPEN = """SELECT (SELECT count(*) FROM common_outboxmessage WHERE done_at IS NULL)
    + (SELECT count(*) FROM orders_order WHERE status = 'PENDING')"""
# What the provider holds or has taken, against what we say it does: every row is a disagreement.
DISAGREED = """SELECT i.reference, i.status, i.captured, p.id, p.status, p.captured, p.refunded
    FROM payments_sandboxintent i FULL JOIN payments_payment p ON p.intent_id = i.reference
    WHERE (coalesce(i.status, '') = 'requires_capture') <> (coalesce(p.status, '') = 'AUTHORIZED')
    OR coalesce(i.captured, 0) <> coalesce(p.captured, 0)
    OR coalesce((SELECT sum(amount) FROM payments_sandboxrefund r WHERE r.intent_id = i.id), 0)
        <> coalesce(p.refunded, 0)"""
KEYS = "SELECT k.key, k.result_id, o.status FROM common_idempotencykey k JOIN orders_order o ON o.id = k.result_id"


@pytest.mark.django_db(transaction=True)  # its tables are copied
def test_kills_at_any_point_lose_and_double_nothing(tmp_path: Path) -> None:
    rounds = Rounds("survives_kills", ROUNDS)
    for number in rounds:
        with deployed(tmp_path / str(number)) as deployment:
            random = Random(20261122 + number)
            customers = people(random, deployment, deployment.bring_up(PREPARE))
            killed, seconds = kill_while_they_shop(random, deployment, customers)
            counts = check(deployment, customers)
        counts |= {f"{name}_kills": killed[name] for name in PARTS} | {"drain_ms": int(seconds * 1000)}
        rounds.finish(number, kills=killed.total(), **counts)
    del rounds.total["drain_ms"]
    figures("survives_kills", **rounds.total, slowest_drain_seconds=rounds.most["drain_ms"] / 1000)


def people(random: Random, deployment: Deployment, shop: dict[str, Any]) -> list[Customer]:
    def caller(token: str) -> Caller:
        return Caller(deployment.url, token, Random(random.random()))

    tokens, staff = shop["people"], shop["staff"]
    goods, method = shop["goods"], shop["method"]
    return [Customer(caller(token), caller(staff), goods, method, Random(random.random())) for token in tokens]


def kill_while_they_shop(
    random: Random, deployment: Deployment, customers: list[Customer]
) -> tuple[Counter[str], float]:
    """How often each part was killed, and the seconds from the last kill until nothing was left to be done."""
    stop = threading.Event()
    victims = list(PARTS) * (KILLS // len(PARTS))  # each part equally often
    random.shuffle(victims)
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        shopping = [pool.submit(customer.shop, stop) for customer in customers]
        try:
            deployment.tend_until(lambda: all(customer.placed for customer in customers), what="the first orders")
            for name in victims:
                if random.random() > AT_ONCE:
                    wait_for_orders(deployment, customers, shopping, random.randint(*ORDERS_BETWEEN))
                deployment.kill(name)
            last = time.monotonic()
        finally:
            stop.set()
        deployment.tend_until(lambda: all(done.done() for done in shopping), what="everybody is served")
        for done in shopping:
            done.result()
    left = DRAINED_WITHIN - (time.monotonic() - last)
    deployment.drain(OPEN, seconds=left)
    return Counter(victims), time.monotonic() - last


def wait_for_orders(
    deployment: Deployment, customers: list[Customer], shopping: list[Future[None]], number: int
) -> None:
    """Until so many more were placed; a moment of no order's choice then."""
    wanted = orders_of(customers) + number
    deployment.tend_until(
        lambda: orders_of(customers) >= wanted or any(done.done() for done in shopping), what=f"{number} more orders"
    )
    for done in shopping:
        assert not done.done(), done.exception()


def orders_of(customers: list[Customer]) -> int:
    return sum(len(customer.placed) for customer in customers)


def check(deployment: Deployment, customers: list[Customer]) -> dict[str, int]:
    """Each key one order, each confirmed order one confirmation, the provider of our opinion; what was counted."""
    assert deployment.run("manage.py", "check_invariants").stdout.endswith("rules hold, 0 pending\n")
    assert deployment.rows(DISAGREED) == []
    orders = {key: (order_id, status) for key, order_id, status in deployment.rows(KEYS)}
    keys = [key for customer in customers for key in customer.keys]
    assert len(keys) == len(orders) == deployment.rows("SELECT count(*) FROM orders_order")[0][0]
    placed = {key for customer in customers for key in customer.placed.values()}
    assert len(placed) + sum(customer.declined for customer in customers) == len(keys)
    confirmed = deployment.rows("SELECT order_id FROM orders_orderevent WHERE type = 'CONFIRMED'")
    assert {orders[key][0] for key in placed} == {order_id for (order_id,) in confirmed}
    sent = deployment.rows("SELECT order_id FROM orders_orderevent WHERE type = 'CONFIRMATION_EMAIL_SENT'")
    overtaken = set(confirmed) - set(sent)
    assert sorted([*sent, *overtaken]) == sorted(confirmed)
    assert overtaken <= {(order_id,) for order_id, status in orders.values() if status == "CANCELLED"}
    mails = mailed(deployment)
    assert {str(order_id) for (order_id,) in sent} <= set(mails) <= {str(order_id) for (order_id,) in confirmed}
    return {
        "orders": len(keys),
        "confirmed": len(confirmed),
        "confirmations": len(sent),
        "mails": mails.total(),
        "repeated_calls": sum(customer.me.repeated + customer.staff.repeated for customer in customers),
    }


def mailed(deployment: Deployment) -> Counter[str]:
    """How often each order's mail left."""
    texts = "".join(path.read_text() for path in deployment.mails.iterdir())
    return Counter(re.findall(r"<order-([0-9a-f-]{36})-confirmation@", texts))
