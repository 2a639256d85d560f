"""Every alert rule fires when its cause is made in a real shop, and none fires without.

Causes are made, /metrics is scraped as Prometheus would, and promtool judges the rules on series that go on as the two
scrapes before and after began.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from harness import PEOPLE, Shop
from load import CREATE, PAGE

from backend.dev.processes import Child
from tests.metrics import Key, Scrape, scrape
from tests.own_redis import OwnRedis
from tests.processes import ROOT, free_port, wait_until

RULES = ROOT / "deploy" / "monitoring" / "rules.yml"
DASHBOARD = ROOT / "deploy" / "monitoring" / "dashboard.json"
WORKERS, THREADS = 4, 3
PAGES = 40
STEP = 15  # seconds between the samples of a series
STEPS = 80
READ = "state_read_timestamp_seconds"
# A message of a topic that no code knows any more, which has failed nineteen times.
LAST_ATTEMPT = """INSERT INTO common_outboxmessage
    (id, created_at, updated_at, topic, key, payload, due_at, attempts, failures, last_error)
    VALUES (gen_random_uuid(), now(), now(), 'nobody.does', gen_random_uuid(), '{}', now(), 19, 19, '')"""
AN_HOUR_OLDER = "UPDATE common_outboxmessage SET created_at = created_at - interval '1 hour' WHERE done_at IS NULL"
SUMS = re.compile(r"_(total|count|sum|bucket|timestamp_seconds)$")  # what goes on growing


class Monitored:
    """A shop whose containers are watched."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self._folder = folder
        self._ports: dict[str, int] = {}
        self.names: set[str] = set()  # of all metrics that were ever seen
        sizes = {"GRANIAN_WORKERS": str(WORKERS), "WEB_THREADS": str(THREADS)}
        self.web = shop.web(port=None, **self._settings("web"), **sizes)
        self.worker = shop.worker(**self._settings("worker"))
        self.relay = shop.relay(**self._settings("relay"))
        made = shop.prepare(PEOPLE, people=4, products=1)
        self.people, self.product = made["people"], made["products"][0]

    def _settings(self, name: str) -> dict[str, str]:
        port = self._ports.setdefault(name, free_port())
        files = str(self._folder / f"{name}-{time.monotonic()}")
        return {"METRICS_PORT": str(port), "PROMETHEUS_MULTIPROC_DIR": files}

    def restart_relay(self) -> None:
        self.shop.stop(self.relay)
        self.relay = self.shop.relay(**self._settings("relay"))

    def ask(self, number: int = 0, query: str = PAGE, **variables: object) -> None:
        """Whatever the answer is."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        token = self.people[number % len(self.people)]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with suppress(OSError), self._open(urllib.request.Request(self.web.url, body, headers)) as answer:
            answer.read()

    def _open(self, request: urllib.request.Request) -> Any:
        try:
            return urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refusal:
            return refusal

    def send_too_much(self) -> None:
        with self._open(
            urllib.request.Request(self.web.url, b" " * 2_000_000, {"Content-Type": "application/json"})
        ) as refusal:
            assert refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def order(self, number: int = 0, *, quantity: int = 1) -> None:
        lines = [{"productId": self.product, "quantity": quantity}]
        ordered = {"lines": lines, "paymentMethod": "pm_card_visa", "idempotencyKey": str(uuid4())}
        self.ask(number, CREATE, input=ordered)

    def ask_a_provider_that_is_away(self) -> None:
        """By orders at one more web container, whose provider is elsewhere."""
        nowhere = {
            "PAYMENT_GATEWAY": "stripe",
            "STRIPE_API_KEY": "sk_test_nobody",
            "STRIPE_WEBHOOK_SECRET": "whsec_nobody",
            "STRIPE_API_BASE": f"http://127.0.0.1:{free_port()}",
        }
        self.web = self.shop.web(port=None, **self._settings("elsewhere"), **nowhere)
        for number in range(5):  # so many silences in a row open the circuit breaker
            self.order(number)

    def together(self, times: int, work: Callable[[int], None]) -> None:
        with ThreadPoolExecutor(times) as pool:
            list(pool.map(work, range(times)))

    def look(self) -> Look:
        look = Look({name: _scraped(port) for name, port in self._ports.items()})
        self.names |= {name for each in look.scrapes.values() if each for name in each.names}
        return look

    def until(self, name: str, **labels: str) -> Look:
        """Look again and again until a sample is there that is above 0."""
        wait_until(lambda: self.look().total(name, **labels) > 0, what=name, longest=1.0)
        return self.look()


def _scraped(port: int) -> Scrape | None:
    try:
        return scrape(port)
    except OSError:
        return None


class Look:
    """One scrape of all containers."""

    def __init__(self, scrapes: dict[str, Scrape | None]) -> None:
        self.scrapes = scrapes
        self.at = time.time()

    def total(self, name: str, **labels: str) -> float:
        return sum(each.total(name, **labels) for each in self.scrapes.values() if each)

    def series(self, before: Look) -> Iterator[dict[str, str]]:
        """As promtool has it, from its clock's 0 on: sums go on growing as they did since the look before."""
        for instance, after in self.scrapes.items():
            labels = {("job", "ordergraph"), ("instance", instance)}
            yield _series(("up", frozenset(labels)), float(after is not None), 0)
            earlier = before.scrapes.get(instance)
            for (name, own), value in after.samples.items() if after else ():
                first = earlier.samples.get((name, own), 0.0) if earlier else 0.0
                step = value - first if SUMS.search(name) else 0.0
                if name.endswith("_timestamp_seconds"):  # of a clock that goes on, or stands
                    value, step = value - self.at, STEP if step else 0.0
                yield _series((name, own | labels), value, step)


def _series(key: Key, value: float, step: float) -> dict[str, str]:
    name, labels = key
    shown = ",".join(f"{label}={json.dumps(text)}" for label, text in sorted(labels))
    return {"series": f"{name}{{{shown}}}", "values": f"{value:.3f}{step:+.3f}x{STEPS}"}


def firing(before: Look, after: Look, folder: Path) -> set[str]:
    """The alerts that fire when it goes on like this for twenty minutes."""
    expression = 'max by (alertname) (ALERTS{alertstate="firing"})'
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": f"{STEP}s",
        "tests": [
            {
                "interval": f"{STEP}s",
                "input_series": list(after.series(before)),
                "promql_expr_test": [{"expr": expression, "eval_time": "18m", "exp_samples": [{"value": -1}]}],
            }
        ],
    }
    file = folder / "alerts.yml"
    file.write_text(json.dumps(test))  # which is YAML
    judged = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    told = judged.stdout + judged.stderr
    assert "got:" in told, told  # what is expected never is: promtool tells what it found
    return set(re.findall(r'alertname="(\w+)"', told.partition("got:")[2]))


@pytest.fixture(scope="module")
def monitored(shop: Shop, folder: Path) -> Monitored:
    return Monitored(shop, folder)


@pytest.fixture(scope="module")
def database(shop: Shop) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(shop.env["DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def looks(monitored: Monitored) -> tuple[Look, Look]:
    """Before and after a calm day, on which some of everything happened."""
    monitored.until("invariants_checked_timestamp_seconds")
    start = monitored.look()
    monitored.together(PAGES, monitored.ask)
    monitored.together(2, monitored.order)
    monitored.order(quantity=0)
    for _ in range(2):
        monitored.ask(query="{ products(first: -1) { nodes { id } } }")
    monitored.ask(query="query ($id: ID!) { node(id: $id) { id } }", id=monitored.product)
    monitored.send_too_much()
    wait_until(lambda: _answered(monitored.look()) == PAGES, what="all processes told of theirs", longest=1.0)
    wait_until(lambda: monitored.look().total(READ) > start.total(READ), what="figures are read", longest=1.0)
    return start, monitored.look()


@pytest.fixture(scope="module")
def calm(looks: tuple[Look, Look]) -> Look:
    return looks[1]


def test_nothing_fires_on_a_calm_day_and_four_processes_told_of_all_of_it(
    looks: tuple[Look, Look], folder: Path
) -> None:
    start, calm = looks
    assert _answered(calm) == PAGES
    assert firing(start, calm, folder) == set()


def test_errors(monitored: Monitored, database: psycopg.Connection[Any], calm: Look, folder: Path) -> None:
    database.execute("ALTER TABLE products_product RENAME TO gone")
    before = monitored.look()
    monitored.together(20, monitored.ask)
    database.execute("ALTER TABLE gone RENAME TO products_product")
    failing = monitored.until("request_seconds_count", code="INTERNAL_SERVER_ERROR")
    assert "OrdergraphErrors" in firing(before, failing, folder)


def test_saturated(monitored: Monitored, database: psycopg.Connection[Any], calm: Look, folder: Path) -> None:
    monitored.together(100, monitored.ask)  # all processes know the page as quick: where it failed it took long
    with ThreadPoolExecutor(60) as pool:
        with database.transaction():
            database.execute("LOCK TABLE products_product IN ACCESS EXCLUSIVE MODE")
            hanging = [pool.submit(monitored.ask) for _ in range(60)]
            wait_until(lambda: _all_busy(monitored.look()), what="all web threads hang")
            busy = monitored.look()
        wait(hanging)
    assert "OrdergraphSaturated" in firing(calm, busy, folder)


def test_outbox_dead_and_invariant_broken(
    monitored: Monitored, database: psycopg.Connection[Any], calm: Look, folder: Path
) -> None:
    database.execute(LAST_ATTEMPT)
    database.execute("UPDATE products_product SET stock = stock + 1")
    monitored.restart_relay()  # which has all rules looked at at once, and then every hour
    monitored.until("outbox_dead", topic="nobody.does")
    broken = monitored.until("invariants_broken", rule="stock is the sum of its ledger")
    assert {"OrdergraphOutboxDead", "OrdergraphInvariantBroken"} <= firing(calm, broken, folder)


def test_provider_away(monitored: Monitored, calm: Look, folder: Path) -> None:
    monitored.ask_a_provider_that_is_away()
    silent = monitored.until("breaker_open", neighbour="payment provider")
    assert "OrdergraphProviderAway" in firing(calm, silent, folder)


def test_down_and_outbox_late(
    monitored: Monitored, database: psycopg.Connection[Any], calm: Look, folder: Path
) -> None:
    _kill(monitored.worker)
    monitored.order()
    database.execute(AN_HOUR_OLDER)
    wait_until(lambda: monitored.look().total("outbox_oldest_seconds") > 3_600, what="age is read", longest=1.0)
    assert {"OrdergraphDown", "OrdergraphOutboxLate"} <= firing(calm, monitored.look(), folder)


def test_relay_stopped(monitored: Monitored, own_redis: OwnRedis, calm: Look, folder: Path) -> None:
    with own_redis.away():
        time.sleep(1.0)  # a round under way ends
        stopped = monitored.look()
        time.sleep(2.0)
        assert "OrdergraphRelayStopped" in firing(stopped, monitored.look(), folder)


def test_every_metric_that_rules_and_dashboard_name_was_seen(monitored: Monitored, calm: Look) -> None:
    assert named() - monitored.names == set()


def named() -> set[str]:
    """Metrics that the rules and the dashboard name."""
    return set(re.findall(r"\bordergraph_\w+", RULES.read_text() + DASHBOARD.read_text()))


def _answered(look: Look) -> float:
    return look.total("request_seconds_count", operation="query.products", code="OK")


def _all_busy(look: Look) -> bool:
    return look.total("threads_busy", pool="web") == WORKERS * THREADS


def _kill(child: Child) -> None:
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
