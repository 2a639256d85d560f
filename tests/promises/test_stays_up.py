"""Promise: whatever is thrown at the shop at once, who does no harm is served, or is told when to come again."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from tests.processes import ROOT, environment
from tests.promises.deployment import Deployment, deployed
from tests.promises.figures import figures, size
from tests.promises.innocents import Innocent
from tests.promises.shoppers import CREATE, post

SECONDS = size(5, 600)
QUIET_SECONDS = size(1, 20)
INNOCENTS = size(3, 8)
STALLED = size(100, 1_200)  # connections whose body never arrives
FAULTS = size(("relay",), ("relay", "worker", "valkey", "frozen valkey"))
BETWEEN_FAULTS = size(2, 30)  # seconds
DRAINED_WITHIN = 90.0  # seconds
# As in production; test settings give a thousand times the budgets.
LIMITS = {
    "BUDGET_ACCOUNT": "50",
    "ORDER_MAX_UNPAID": "3",
    "DECLINES_PER_HOUR": "10",
    "PAYMENT_GATEWAY_TIMEOUT": size("1", "5"),
}

PREPARE = f"""
import json, django
django.setup()
from tests.api import gid
from tests.factories import CategoryFactory, ProductFactory
from tests.promises.shoppers import crowd
category = CategoryFactory.create()
products = ProductFactory.create_batch(110, stock=1_000_000, category=category, description="Made of oak. " * 700)
innocents, mob = crowd("", {INNOCENTS}), crowd("", 12)
print(json.dumps({{
    "innocents": [[one.user.email, one.token] for one in innocents],
    "tokens": [one.token for one in mob], "emails": [one.user.email for one in mob],
    "products": [gid(product) for product in products],
}}))
"""
# The hoarder's orders wait for their cardholder, until the payment window ends.
OPEN = """SELECT count(*) FROM common_outboxmessage AS m WHERE done_at IS NULL AND NOT EXISTS (
    SELECT FROM orders_order o JOIN payments_payment p ON p.id = o.payment_id
    WHERE o.id = m.key AND p.status = 'REQUIRES_ACTION')"""
CONFIRMED = """SELECT k.key, count(e.id) FROM common_idempotencykey k
    LEFT JOIN orders_orderevent e ON e.order_id = k.result_id AND e.type = 'CONFIRMED' GROUP BY k.key"""
CONFIRMATIONS = """SELECT max(mails) FROM (SELECT count(*) AS mails FROM orders_orderevent
    WHERE type = 'CONFIRMATION_EMAIL_SENT' GROUP BY order_id) AS counted"""
UNPAID = """SELECT coalesce(max(orders), 0) FROM (SELECT count(*) AS orders FROM orders_order
    WHERE status = 'PENDING' GROUP BY customer_id) AS counted"""


@pytest.mark.django_db(transaction=True)  # its tables are copied
def test_whoever_does_no_harm_is_served(tmp_path: Path) -> None:
    with deployed(tmp_path, **LIMITS) as deployment:
        shop = deployment.bring_up(PREPARE)
        people = [
            Innocent(deployment.url, email, token, f"127.10.0.{number + 2}", shop["products"], Random(number))
            for number, (email, token) in enumerate(shop["innocents"])
        ]
        deployment.tend_until(people[0].answered, what="the web process answers")
        quiet = lived(deployment, people, QUIET_SECONDS, faults=(), beside=nullcontext())
        done: dict[str, int] = {}
        busy = lived(deployment, people, SECONDS, faults=FAULTS, beside=mob(deployment, shop, done))
        deployment.drain(OPEN, seconds=DRAINED_WITHIN)
        check(deployment, people)
    asked, refused = sum(one.asked for one in people), sum((one.refused for one in people), Counter[str]())
    figures("stays_up", seconds=SECONDS, asked=asked, orders=sum(len(one.keys) for one in people), **refused)
    figures("stays_up: p50, p99 in ms", idle=percentiles(quiet), beside_the_mob=percentiles(busy))
    figures("stays_up: the mob", **done)


def lived(
    deployment: Deployment,
    people: list[Innocent],
    seconds: float,
    *,
    faults: tuple[str, ...],
    beside: AbstractContextManager[None],
) -> list[float]:
    """Seconds of each answer to the simplest query, in so many seconds of everybody's life among these faults."""
    stop = threading.Event()
    for person in people:
        person.seconds.clear()
    with ThreadPoolExecutor(len(people)) as pool:
        lives = [pool.submit(person.live, stop) for person in people]
        try:
            with beside:
                live_among(faults, deployment, lives, seconds)
        finally:
            stop.set()
        for life in lives:
            life.result()
    return [second for person in people for second in person.seconds]


def live_among(faults: tuple[str, ...], deployment: Deployment, lives: list[Future[None]], seconds: float) -> None:
    """For so long, or until one of the lives has ended."""
    ends = time.monotonic() + seconds
    for fault in cycle(faults or ("",)):
        until = min(ends, time.monotonic() + BETWEEN_FAULTS)
        deployment.tend_until(lambda: over(lives, until), what="time passes", seconds=seconds + 5)  # noqa: B023
        if over(lives, ends):
            return
        break_something(deployment, fault)


def over(lives: list[Future[None]], until: float) -> bool:
    return time.monotonic() >= until or any(life.done() for life in lives)


def break_something(deployment: Deployment, fault: str) -> None:
    if fault.startswith("frozen "):
        deployment.pause(fault.removeprefix("frozen "), 10)
    elif fault:
        deployment.kill(fault)


@contextmanager
def mob(deployment: Deployment, shop: dict[str, Any], done: dict[str, int]) -> Iterator[None]:
    """It is at work meanwhile; afterwards `done` has how often each of its members did it."""
    target = {key: shop[key] for key in ("tokens", "emails")} | {"url": deployment.url, "stalled": STALLED}
    target |= {"product": shop["products"][0], "order": an_order(deployment, shop)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.promises.mob"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(target) + "\n")
    process.stdin.flush()
    try:
        assert process.stdout.readline() == "at work\n"
        yield
    finally:
        process.stdin.close()
        done.update(json.loads(process.stdout.read() or "{}"))
        process.stdout.close()
        process.wait()


def an_order(deployment: Deployment, shop: dict[str, Any]) -> str:
    """The id of one that the first of the mob may follow."""
    wish = {"lines": [{"productId": shop["products"][0], "quantity": 1}], "paymentMethod": "pm_card_visa"}
    answer = post(deployment.url, shop["tokens"][0], CREATE, {"input": {**wish, "idempotencyKey": str(uuid4())}})
    order_id: str = answer["data"]["createOrder"]["order"]["id"]
    return order_id


def check(deployment: Deployment, people: list[Innocent]) -> None:
    """Nothing was lost or doubled, and nobody got what is not theirs."""
    assert "rules hold" in deployment.run("manage.py", "check_invariants").stdout
    confirmed = dict(deployment.rows(CONFIRMED))
    assert [confirmed.get(key) for one in people for key in one.keys] == [1] * sum(len(one.keys) for one in people)
    assert deployment.rows(CONFIRMATIONS) == [(1,)]
    assert deployment.rows(UNPAID)[0][0] <= 3


def percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{ordered[len(ordered) // 2] * 1000:.0f}, {ordered[int(len(ordered) * 0.99)] * 1000:.0f} of {len(ordered)}"
