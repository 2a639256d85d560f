"""What traces cost: CPU of Q1 (a product by slug) with and without them, in one process, in turns.

    DATABASE_URL=... REDIS_URL=... python -m tests.benchmarks.bench_tracing

Prints milliseconds of CPU a request, those of the thread that sends spans among them, and the ratio to tracing that is
off. The collector is a process of its own. A database for tests is made, and kept.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from unittest.mock import patch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.test")
import django

django.setup()

import orjson  # noqa: E402
from django.db import connection  # noqa: E402

from backend.bridge import environ  # noqa: E402
from backend.calls import reply_of  # noqa: E402
from backend.tracing import begin  # noqa: E402
from backend.wsgi import application  # noqa: E402
from domains.common import tracing  # noqa: E402
from domains.products.models import Product  # noqa: E402
from tests.collector import collector  # noqa: E402
from tests.factories import CategoryFactory, ProductFactory  # noqa: E402

logger = logging.getLogger(__name__)
ROUNDS, RUNS = 20, 100
SAMPLED = {"off": None, "none sampled": "0", "10 % sampled": "0.1", "all sampled": "1"}
QUERY = (Path(__file__).parent / "queries" / "ordergraph" / "Q1.graphql").read_text()


def ask(body: bytes) -> bytes:
    """As a web thread answers it."""
    scope = {"method": "POST", "raw_path": b"/graphql", "query_string": b"", "http_version": "1.1", "scheme": "http"}
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"accept", b"application/json")]
    return reply_of(application, environ({**scope, "headers": headers}, body)).body


def recorders(url: str) -> dict[str, Any]:
    """One for each share that is sampled, all of them sending to this collector."""
    made: dict[str, Any] = {"off": None}
    for name, share in SAMPLED.items():
        if share is not None:
            sampler = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": share}
            with patch.dict(os.environ, {"OTEL_EXPORTER_OTLP_ENDPOINT": url, **sampler}):
                begin()
                with tracing.span("first", tracing.Kind.SERVER, {}):  # it looks at the environment
                    made[name] = tracing.recorder
    return made


def measure(body: bytes, made: dict[str, Any]) -> dict[str, list[float]]:
    """Milliseconds of a request, for each round."""
    spent: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(ROUNDS):
        for name, recorder in made.items():
            tracing.recorder = recorder
            connection.execute_wrappers[:] = [recorder._statement] if recorder else []
            began = process_time()
            for _ in range(RUNS):
                answer = ask(body)
            if recorder:  # what it has to send is sent within its turn
                recorder._sender._provider.force_flush()
            spent[name].append((process_time() - began) / RUNS * 1000)
            assert b"BENCH-" in answer, answer
    return spent


def collect(port: Any, over: Event) -> None:
    with collector() as taker:
        port.put(taker.url)
        over.wait()


@contextmanager
def apart() -> Iterator[str]:
    """The address of a collector in a process of its own."""
    context = multiprocessing.get_context("spawn")
    url, over = context.Queue(), context.Event()
    process = context.Process(target=collect, args=(url, over))
    process.start()
    try:
        yield url.get()
    finally:
        over.set()
        process.join()


def main() -> None:
    """Print the table."""
    logging.basicConfig(level=logging.ERROR, force=True)
    connection.creation.create_test_db(verbosity=0, keepdb=True)
    if not Product.objects.filter(slug="bench-1").exists():
        ProductFactory.create(slug="bench-1", sku="BENCH-1", category=CategoryFactory.create())
    body = orjson.dumps({"query": QUERY, "variables": {"slug": "bench-1"}})
    with apart() as url:
        made = recorders(url)
        for _ in range(RUNS):
            ask(body)
        spent = measure(body, made)
        for recorder in filter(None, made.values()):
            recorder.end()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout, force=True)
    for case, times in spent.items():
        ratio = median(one / off for one, off in zip(times, spent["off"], strict=True))
        logger.info("%-14s %6.3f ms of CPU a request, %.3f times off", case, median(times), ratio)


if __name__ == "__main__":
    main()
