"""`/metrics` tells what all processes of a container did, whatever they are busy with and whichever of them dies."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from tests.benchmarks.bench.usage import listener
from tests.metrics import Scrape, scrape
from tests.processes import Stack, free_port, running, wait_until

WORKERS, THREADS = 2, 3
PRODUCTS = "query ($first: Int) { products(first: $first) { nodes { id } } }"


class Web:
    """A web server of several processes, and its port for metrics."""

    def __init__(self, stack: Stack, port: int, folder: Path) -> None:
        self.stack, self.port, self.folder = stack, port, folder

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.stack.url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return json.load(refusal)

    def metrics(self) -> Scrape:
        return scrape(self.port)

    def is_served(self) -> bool:
        with suppress(OSError):
            return bool(self.metrics().samples)
        return False

    def processes(self) -> set[int]:
        return {int(file.stem.rpartition("_")[2]) for file in self.folder.glob("gauge_*.db")}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Web]:
    folder, port = tmp_path_factory.mktemp("metrics"), free_port()
    settings = {
        "METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "files"),
        "GRANIAN_WORKERS": str(WORKERS),
        "GRANIAN_RESPAWN_FAILED_WORKERS": "true",  # else all end when one does
        "WEB_THREADS": str(THREADS),
    }
    with running(folder / "mails", "web", **settings) as stack:
        web = Web(stack, port, folder / "files")
        wait_until(lambda: web.metrics().total("threads", pool="web") == WORKERS * THREADS, what="all processes work")
        yield web


def test_what_several_processes_answered_is_told_as_one_sum(web: Web) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: web.ask("{ shop { name } }"), range(40)))
    for _ in range(3):
        web.ask(PRODUCTS, first=-1)
    web.ask("{ nonsense }")
    sent = {
        ("query.shop", "OK"): 40,
        ("query.products", "BAD_USER_INPUT"): 3,
        ("unread", "GRAPHQL_VALIDATION_FAILED"): 1,
    }

    def told() -> dict[tuple[str, str], float]:
        found = web.metrics()
        return {key: found.value("request_seconds_count", operation=key[0], code=key[1]) for key in sent}

    wait_until(lambda: told() == sent, what="all that was sent is told")
    found = web.metrics()
    assert found.value("request_seconds_bucket", operation="query.shop", code="OK", le="+Inf") == 40
    assert found.value("graphql_errors_total", code="BAD_USER_INPUT") == 3


@pytest.mark.django_db(transaction=True)
def test_metrics_are_answered_while_all_web_threads_hang(web: Web) -> None:
    with ThreadPoolExecutor(40) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE products_product IN ACCESS EXCLUSIVE MODE")
            hanging = [pool.submit(web.ask, PRODUCTS, first=1) for _ in range(40)]
            wait_until(lambda: web.metrics().value("threads_busy", pool="web") == WORKERS * THREADS, what="all hang")
            assert web.metrics().value("requests_waiting", pool="web") > 0
        for each in hanging:
            each.result()


def test_the_public_port_tells_nothing_of_it(web: Web) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(web.stack.url.replace("/graphql", "/metrics"), timeout=10)
    with refusal.value:
        assert refusal.value.code == 404


def test_when_the_process_that_serves_dies_another_goes_on_and_no_sum_falls(web: Web) -> None:
    before, died = web.metrics(), listener(web.port)
    assert died in web.processes()
    os.kill(died, signal.SIGKILL)
    wait_until(lambda: web.is_served() and died not in web.processes(), what="another serves")
    assert web.metrics().total("request_seconds_count") >= before.total("request_seconds_count") > 0
