"""What clients see of each fault of PostgreSQL and Redis, and how soon the shop goes on without hands.

ORDERGRAPH_PROVE=full makes the faults last as long as the table in deploy/OPERATIONS.md says.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import outcomes
from cluster import Cluster
from load import Load, mixed
from stack import Stack

from tests.own_redis import OwnRedis
from tests.processes import wait_until

FULL = os.environ.get("ORDERGRAPH_PROVE") == "full"
FROZEN, WITHOUT_REDIS = (20.0, 60.0) if FULL else (4.0, 4.0)
RATE = 20
UNMAILED = """SELECT count(*) FROM orders_order o WHERE status = 'CONFIRMED' AND created_at < '{}' AND NOT EXISTS
    (SELECT FROM orders_orderevent WHERE order_id = o.id AND type = 'CONFIRMATION_EMAIL_SENT')"""

type Figures = Callable[..., None]


@contextlib.contextmanager
def suffering(pair_stack: Stack, primary: Cluster, made: Any, figures: Figures) -> Iterator[Load]:
    """A load around a fault, which ends with the block: then the shop goes on by itself, and lost nothing."""
    with Load(pair_stack.web.url, mixed(made["people"], made["products"]), rate=RATE) as load:
        report = load.report
        wait_until(lambda: report.answered["createOrder"] > 3, what="orders are placed")
        yield load
        over, orders = time.monotonic(), report.answered["createOrder"]
        wait_until(lambda: report.answered["createOrder"] > orders, what="an order is placed", longest=0.01)
        recovered = time.monotonic() - over
        ((moment,),) = primary.rows("SELECT now()::text")
        unmailed = UNMAILED.format(moment)

        def all_mailed() -> bool:
            pair_stack.tend()
            return primary.rows(unmailed) == [(0,)]

        wait_until(all_mailed, what="all mails of orders before the end of the fault have left")
        drained = time.monotonic() - over
    figures(order_after=recovered, mailed_after=drained, slowest=report.slowest, told=outcomes(report))
    # An order that was written before the fault, and not decided during it, is PAYMENT_PENDING: it is decided later.
    told = ("SERVICE_UNAVAILABLE", "PAYMENT_PENDING")
    assert all(any(code in failure for code in told) for failure in report.failures), outcomes(report)
    assert "rules hold" in pair_stack.shop.manage("check_invariants").stdout


def lasts(load: Load, seconds: float) -> None:
    """So long, while clients go on asking."""
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until, what="the fault is over")


def test_postgresql_restarts(pair_stack: Stack, primary: Cluster, made: Any, figures: Figures) -> None:
    with suffering(pair_stack, primary, made, figures):
        primary.stop()
        primary.start()


def test_postgresql_freezes(pair_stack: Stack, primary: Cluster, made: Any, figures: Figures) -> None:
    with suffering(pair_stack, primary, made, figures) as load:
        primary.signal_all(signal.SIGSTOP)
        try:
            lasts(load, FROZEN)
            assert pair_stack.web.status("/healthz") == 200
        finally:
            primary.signal_all(signal.SIGCONT)


def test_redis_is_killed(
    pair_stack: Stack, primary: Cluster, pair_redis: OwnRedis, made: Any, figures: Figures
) -> None:
    with suffering(pair_stack, primary, made, figures) as load:
        with pair_redis.away():
            lasts(load, WITHOUT_REDIS)
        assert load.report.failures == {}


def fill(path: Path) -> None:
    """Take all room that its file system has."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65_536))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a small file system")
def test_the_disk_is_full(pair_stack: Stack, primary: Cluster, disk: Path, made: Any, figures: Figures) -> None:
    ballast = disk / "ballast"
    with suffering(pair_stack, primary, made, figures) as load:
        try:
            fill(ballast)
            wait_until(lambda: load.report.failures, what="a write fails")
            asked = load.report.answered["query"]
            wait_until(lambda: load.report.answered["query"] > asked + 10, what="queries are answered")
            wait_until(lambda: pair_stack.web.status("/readyz") == 503, what="it says that it takes no writes")
        finally:
            ballast.unlink()
