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

    def processes(self) -> set[int]:
        return {int(file.stem.rpartition("_")[2]) for file in self.folder.glob("gauge_*.db")}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Web]:
    folder, port = tmp_path_factory.mktemp("metrics"), free_port()
    settings = {
        "METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "files"),
        "GRANIAN_WORKERS": str(WORKERS),
        "GRANIAN_RESPAWN_FAILED_WORKERS": "true",
        "WEB_THREADS": str(THREADS),
    }
    with running(folder / "mails", "web", **settings) as stack:
        web = Web(stack, port, folder / "files")
        wait_until(lambda: web.metrics().total("threads", pool="web") == WORKERS * THREADS, what="all processes work")
        yield web


def test_what_several_processes_answered_is_told_as_one_sum(web: Web) -> None:
    before = web.metrics()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: web.ask(PRODUCTS, first=1), range(40)))
    for _ in range(3):
        web.ask(PRODUCTS, first=-1)
    web.ask("{ nonsense }")
    after = web.metrics()

    def grew(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before.value(name, **labels)

    assert grew("request_seconds_count", operation="query.products", code="OK") == 40
    assert grew("request_seconds_count", operation="query.products", code="BAD_USER_INPUT") == 3
    assert grew("request_seconds_count", operation="unread", code="GRAPHQL_VALIDATION_FAILED") == 1
    assert grew("request_seconds_bucket", operation="query.products", code="OK", le="+Inf") == 40
    assert grew("graphql_errors_total", code="BAD_USER_INPUT") == 3
    assert grew("query_cost_count") == 43


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


def test_sums_stay_and_files_go_when_processes_die(web: Web) -> None:
    web.ask(PRODUCTS, first=1)
    before = web.metrics()
    for _ in range(2):
        for pid in (died := web.processes()):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda died=died: _is_served_by_others(web, died), what="others serve")  # type: ignore[misc]
    assert len(web.processes()) == WORKERS
    assert web.metrics().total("request_seconds_count") >= before.total("request_seconds_count") > 0


def _is_served_by_others(web: Web, died: set[int]) -> bool:
    with suppress(OSError):
        return web.metrics().total("threads", pool="web") == WORKERS * THREADS and not died & web.processes()
    return False
