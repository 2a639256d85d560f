"""Promise: twenty minutes of mixed load leave memory, connections, handles and dead rows as they were."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
import redis

from tests.promises.deployment import Deployment, deployed
from tests.promises.figures import FULL, figures
from tests.promises.innocents import Innocent
from tests.promises.regulars import Clerk, Regular
from tests.promises.vitals import HOUR, YEAR, Sample, Trend, held_by, trend, trends

SECONDS, EVERY = 1_200.0, 5.0
CUSTOMERS, CLERKS = 8, 1
AT_ONCE = 32
PARTS = ("web", "worker", "relay")
DRAINED_WITHIN = 90.0  # seconds
# How much more after an hour is too much. A leak is one of each request or task: at the 25 requests and 10 tasks a
# second of this load 100 bytes each are 9 and 4 MiB an hour. Whole things (handles, threads, connections) leak seldom
# and count long: 12 an hour would be 2 in the half that is looked at.
BOUNDS = {
    "web resident MiB": 9.0,
    "worker resident MiB": 4.0,
    "relay resident MiB": 4.0,
    **{f"{part} {what}": 12.0 for part in PARTS for what in ("files", "threads")},
    "connections": 12.0,
    "Redis MiB": 4.0,
}
# Of these each row is changed several times; what is dead is used again once autovacuum has been there. A tenth more
# for a row within the ten minutes of the second half is too much.
A_TENTH = 0.6
HOT = ("products_product", "orders_order", "payments_payment", "common_outboxmessage", "accounts_session")
# After how many days rows go away again; the others are for ever: the books of the shop.
KEPT = {
    "common_outboxmessage": 7,
    "common_idempotencykey": 7,
    "orders_orderchange": 1 / 24,
    "common_attempt": 1 / 24,
    "accounts_session": 30,
    "accounts_refreshtoken": 30,
    "accounts_knownnetwork": 30,
    "accounts_auditevent": 180,
}
PREPARE = f"""
import json, django
django.setup()
from domains.accounts.models import User
from tests.api import gid
from tests.factories import CategoryFactory, ProductFactory
from tests.promises.shoppers import crowd
category = CategoryFactory.create()
products = ProductFactory.create_batch(100, stock=1_000_000, category=category)
people = crowd("", {CUSTOMERS + CLERKS})
User.objects.filter(id__in=[one.user.id for one in people[{CUSTOMERS}:]]).update(is_staff=True)
print(json.dumps({{
    "people": [[one.user.email, one.token] for one in people], "products": [gid(product) for product in products],
}}))
"""
OPEN = "SELECT count(*) FROM common_outboxmessage WHERE done_at IS NULL"
TABLES = """SELECT relname, pg_total_relation_size(relid), n_live_tup, n_dead_tup, n_tup_upd, n_tup_hot_upd
    FROM pg_stat_user_tables"""


def test_a_leak_is_told_from_chance_and_from_what_fills_once() -> None:
    seconds = [float(second) for second in range(0, 1_200, 5)]
    noise = [Random(7).gauss(0, 0.5) for _ in seconds]
    leaks = [100 + second * 12 / 3_600 + error for second, error in zip(seconds, noise, strict=True)]
    fills = [100 + min(second, 500) / 10 + error for second, error in zip(seconds, noise, strict=True)]
    assert trend(seconds, leaks).exceeds(9)
    assert not trend(seconds, leaks).exceeds(13)
    both = zip(seconds, leaks, fills, strict=True)
    found = trends([(second, {"leaks": leak, "fills": full}) for second, leak, full in both])
    assert (found["leaks"].exceeds(9), found["fills"].exceeds(4)) == (True, False)


if FULL:  # of fewer than twenty minutes a slope says nothing

    @pytest.mark.django_db(transaction=True)  # its tables are copied
    def test_mixed_load_leaves_everything_as_it_was(tmp_path: Path) -> None:
        samples: list[tuple[float, Sample]] = []
        with deployed(tmp_path) as deployment:
            people = open_the_shop(deployment)
            before = tables(deployment)
            with living(people) as lives:
                began = time.monotonic()
                while time.monotonic() - began < SECONDS:
                    samples.append((time.monotonic() - began, sample(deployment)))
                    until = began + EVERY * len(samples)
                    deployment.tend_until(lambda: over(lives, until), what="time passes", seconds=EVERY + 60)  # noqa: B023
                    if any(life.done() for life in lives):
                        break
            deployment.drain(OPEN, seconds=DRAINED_WITHIN)
            assert "rules hold" in deployment.run("manage.py", "check_invariants").stdout
            after = tables(deployment)
        (tmp_path / "samples.json").write_text(json.dumps(samples))
        found = trends(samples)
        tell(found, before, after, people)
        bounds = BOUNDS | {name: A_TENTH * found[name].level for name in found if name.endswith("bytes a row")}
        assert {name: str(found[name]) for name, bound in bounds.items() if found[name].exceeds(bound)} == {}


def open_the_shop(deployment: Deployment) -> list[Innocent]:
    """With everybody in it, once the web process answers."""
    shop = deployment.bring_up(PREPARE)
    people: list[Innocent] = [
        (Regular if number < CUSTOMERS else Clerk)(
            deployment.url, email, token, f"127.10.0.{number + 2}", shop["products"], Random(number)
        )
        for number, (email, token) in enumerate(shop["people"])
    ]
    deployment.tend_until(people[0].answered, what="the web process answers")
    fill_up(people)
    return people


def fill_up(people: list[Innocent]) -> None:
    """Many at once, so that every thread that there may be is there, with its connection."""
    stop, customers = threading.Event(), cycle(person for person in people if isinstance(person, Regular))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for deed in (Regular.order, Regular.browse, Regular.search, Regular.follow):
            list(pool.map(lambda person, deed=deed: deed(person, stop), islice(customers, 4 * AT_ONCE)))


@contextmanager
def living(people: list[Innocent]) -> Iterator[list[Future[None]]]:
    """All of them live meanwhile; afterwards nobody has met an answer that is wrong."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(people)) as pool:
        lives = [pool.submit(person.live, stop) for person in people]
        try:
            yield lives
        finally:
            stop.set()
    for life in lives:
        life.result()


def over(lives: list[Future[None]], until: float) -> bool:
    return time.monotonic() >= until or any(life.done() for life in lives)


def sample(deployment: Deployment) -> Sample:
    """Of everything that could grow."""
    values: dict[str, float] = {}
    for part in (*PARTS, "postgres"):
        held = held_by(deployment.pid(part))
        values |= {
            f"{part} MiB": held["shared"] / 1024,
            f"{part} resident MiB": held["resident"] / 1024,
            f"{part} files": held["files"],
            f"{part} threads": held["threads"],
        }
    [(values["connections"],)] = deployment.rows("SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL")
    with closing(redis.Redis.from_url(deployment.redis_url)) as client:
        values["Redis MiB"] = client.info("memory")["used_memory"] / 2**20
    for name, table in tables(deployment).items():
        if name in HOT:
            values[f"{name} dead rows"] = table.dead
            values[f"{name} bytes a row"] = table.bytes / max(table.rows, 1)
    return values


class Table(NamedTuple):
    bytes: int  # with its indexes
    rows: int
    dead: int
    updated: int
    hot: int  # of these, such that no index was touched


def tables(deployment: Deployment) -> dict[str, Table]:
    return {name: Table(*counts) for name, *counts in deployment.rows(TABLES)}


def tell(
    found: Mapping[str, Trend], before: Mapping[str, Table], after: Mapping[str, Table], people: list[Innocent]
) -> None:
    """Print what was found, and what it comes to in a year."""
    orders = max(sum(len(one.keys) for one in people), 1)
    figures("stays_flat", seconds=SECONDS, asked=sum(one.asked for one in people), orders=orders)
    for name, line in found.items():
        year = {} if name.startswith(HOT) else {"more_in_a_year": line.slope * YEAR}
        figures(f"stays_flat: {name}", mean_and_slope=str(line), **year)
    for name, table in sorted(after.items(), key=lambda item: -item[1].bytes):
        rows = table.rows - before[name].rows
        if not rows and not table.updated:
            continue
        size, kept = table.bytes / max(table.rows, 1), KEPT.get(name)
        hours = kept * 24 if kept else YEAR
        figures(
            f"stays_flat: {name}",
            rows_an_order=rows / orders,
            bytes_a_row=size,
            hot=f"{table.hot:,} of {table.updated:,} changes",
            kept_days=kept or "for ever",
            GiB_after_a_year=rows * HOUR / SECONDS * hours * size / 2**30,
        )
