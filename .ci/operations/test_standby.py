"""A standby that queries are read from, by streaming replication: it lags, it dies, it becomes the primary."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

from asking import ask, outcomes
from cluster import Cluster
from harness import Shop, Web
from load import Load, Request, mixed
from standby import MAX_LAG, Standby

from tests.processes import wait_until

CREATE = 'mutation { createCategory(input: {name: "Lamps"}) { __typename } }'
CATEGORIES = "{ categories { name } }"
ASKED = """SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'shop' AND pid <> pg_backend_pid()
    AND query LIKE '%products_category%' AND query_start > clock_timestamp() - interval '0.3 s'"""


def sees(web: Web, token: str) -> bool:
    """Whether this person finds what staff create."""
    return {"name": "Lamps"} in ask(web, token, CATEGORIES)["categories"]


def asked(server: Cluster) -> bool:
    """Whether the shop has read categories there just now."""
    return server.rows(ASKED) == [(True,)]


def test_whoever_wrote_sees_it_at_once_and_everybody_else_within_the_lag(
    pair_web: Web, made: Any, standby: Standby, figures: Callable[..., None]
) -> None:
    staff, other = made["staff"], made["people"][0]
    standby.caught_up()
    wait_until(lambda: not sees(pair_web, other) and asked(standby), what="queries are read from the standby")
    standby.rows("SELECT pg_wal_replay_pause()")
    assert ask(pair_web, staff, CREATE) == {"createCategory": {"__typename": "CreateCategorySuccess"}}
    began = time.monotonic()
    assert sees(pair_web, staff)
    assert not sees(pair_web, other)  # it lags, and may
    wait_until(lambda: sees(pair_web, other), what="the primary serves all queries")
    seconds = time.monotonic() - began
    standby.rows("SELECT pg_wal_replay_resume()")
    assert sees(pair_web, staff)
    figures(max_lag=MAX_LAG, seen_by_others_after=seconds)
    assert seconds < MAX_LAG + 2.0


def test_a_standby_that_dies_fails_nobody_and_is_used_again_when_it_is_back(
    pair_web: Web, made: Any, standby: Standby, figures: Callable[..., None]
) -> None:
    queries = (Request("query", token, CATEGORIES) for token in iter(lambda: made["people"][0], None))
    with Load(pair_web.url, queries, rate=50) as load:
        wait_until(lambda: asked(standby), what="queries are read from the standby")
        standby.stop(signal.SIGQUIT)
        sent = load.report.sent
        wait_until(lambda: load.report.sent > sent + 100, what="more queries")
        standby.start()
        wait_until(lambda: asked(standby), what="queries are read from the standby again")
    figures(queries=load.report.sent, failed=load.report.failed, slowest=load.report.slowest)
    assert load.report.failures == {}


def test_after_a_failover_the_shop_goes_on_by_itself(
    pair_web: Web, pair_shop: Shop, made: Any, primary: Cluster, standby: Standby, figures: Callable[..., None]
) -> None:
    with Load(pair_web.url, mixed(made["people"], made["products"]), rate=20) as load:
        wait_until(lambda: load.report.answered["createOrder"] > 5, what="orders are placed")
        standby.caught_up()
        primary.stop(signal.SIGQUIT)
        began = time.monotonic()
        standby.promote()
        promoted, orders = time.monotonic(), load.report.answered["createOrder"]
        wait_until(lambda: load.report.answered["createOrder"] > orders, what="an order is placed", longest=0.01)
        recovered = time.monotonic()
        wait_until(lambda: load.report.answered["createOrder"] > orders + 10, what="orders are placed")
    figures(promoted_after=promoted - began, order_after=recovered - began, told=outcomes(load.report))
    assert all("SERVICE_UNAVAILABLE" in failure for failure in load.report.failures)
    assert "rules hold" in pair_shop.manage("check_invariants").stdout
