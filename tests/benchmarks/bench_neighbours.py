"""What one caller's heavy documents cost everybody else, and what limiting them costs: run by hand against servers.

    BUDGET_ACCOUNT=1000000000 python3 manage.py dev --no-reload  # on the rows of `manage.py seed bench`
    python -m tests.benchmarks.bench_neighbours http://127.0.0.1:8000 [URL ...] [--rounds N] [--pin]

Several servers on the same database, of other versions or settings, are measured in turn, so that their ratios hold on
a busy machine; it needs their DATABASE_URL and SECRET_KEY. Without that budget it is the budget that is measured.

* milliseconds (p50, p99) of an innocent query: alone, and beside four clients that send a heavy document without pause;
* of Q1 (a product), Q3 (my orders) and M1 (createOrder): processor milliseconds of the server for a request, and
  requests a second, with 1, 16 and 64 clients.

`--pin` keeps the servers on one processor and the clients on another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

logger = logging.getLogger(__name__)
HEAVY_CLIENTS = 4
INNOCENT_SECONDS = 4.0
PAUSE = 0.01  # seconds between two innocent queries
REQUESTS = {1: 40, 16: 160, 64: 192}  # by clients
INNOCENT = "{ products(first: 1) { nodes { id } } }"
_DEEP = "{ products(first: 95) { nodes { category { products(first: %d) { nodes { %s } } } } } }"
_BELOW = "products(first: 100) { pageInfo { s0: startCursor s1: startCursor s2: startCursor s3: startCursor } }"
_WORST = f"products(first: 95) {{ nodes {{ category {{ p0: {_BELOW} p1: {_BELOW} }} }} }}"
HEAVY = {
    "worst": f"{{ {' '.join(f'p{n}: {_WORST}' for n in range(15))} }}",  # bench_worst_document found it
    "wide": f"{{ products(first: 100) {{ nodes {{ {' '.join(f'a{n}: description' for n in range(190))} }} }} }}",
    "deep": _DEEP % (95, "a: description b: name"),
    "long": f"{{ {' '.join(f'a{n}: category(slug: "{"x" * 480}") {{ id }}' for n in range(190))} }}",  # to check
}
Q1 = "{ products(first: 1) { nodes { id name price { amount } } } }"
Q3 = """{ orders(first: 20) { nodes { id number status total { amount }
    lines { quantity product { name category { name } } } } } }"""
HEAD = "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
M1 = "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { __typename } }"


def body(query: str, **variables: Any) -> bytes:
    return json.dumps({"query": query, "variables": variables}).encode()


def innocents(url: str, seconds: float) -> list[float]:
    """Milliseconds of each answer."""
    connection, took = _connected(url, "127.9.0.1"), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        _ask(connection, body(INNOCENT))
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE)
    return took


def attack(url: str, query: str, place: int | None) -> None:
    """Until it is ended."""
    os.nice(19)  # on a machine of its own it would take nothing from the innocent's client
    if place is not None:
        os.sched_setaffinity(0, {place})
    connection = _connected(url, "127.9.0.2")
    while True:
        _ask(connection, body(query))


def _connected(url: str, address: str) -> HTTPConnection:
    at = urlsplit(url)
    return HTTPConnection(at.hostname or "", at.port, source_address=(address, 0), timeout=60)


def _ask(connection: HTTPConnection, text: bytes) -> bytes:
    connection.request("POST", "/graphql", text, {"Content-Type": "application/json"})
    answer = connection.getresponse().read()
    assert b'"errors"' not in answer[:20], answer[:200]
    return answer


@contextmanager
def attackers(url: str, query: str, place: int | None) -> Iterator[None]:
    """Four processes that send the heavy document."""
    started = [
        multiprocessing.Process(target=attack, args=(url, query, place), daemon=True) for _ in range(HEAVY_CLIENTS)
    ]
    for each in started:
        each.start()
    time.sleep(1)
    try:
        yield
    finally:
        alive = all(each.is_alive() for each in started)
        for each in started:
            each.terminate()
            each.join()
        assert alive, "a heavy client was refused"


async def crowd(url: str, clients: int, requests: int, request: Callable[[int], tuple[str, bytes]]) -> float:
    """Requests a second, each client with one at a time; `request` gives token and body for a client."""
    waiting = iter(range(requests))
    began = time.monotonic()
    await asyncio.gather(*(_client(url, number, waiting, request) for number in range(clients)))
    return requests / (time.monotonic() - began)


async def _client(url: str, number: int, waiting: Iterator[int], request: Callable[[int], tuple[str, bytes]]) -> None:
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    for _ in waiting:
        token, text = request(number)
        head = f"{HEAD}\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)
        headers = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(headers.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        assert b'"errors"' not in answer[:20], answer[:300]
        assert b"Error" not in answer[:60], answer[:300]
    writer.close()


def web_processes(url: str) -> list[int]:
    """Of the server that was told to listen there."""
    port = f"\0--port\0{urlsplit(url).port}\0".encode()
    lines = {path.parent.name: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [int(pid) for pid, line in lines.items() if b"granian" in line and port in line]


def processor_ms(url: str) -> float:
    """Used so far by the server's processes."""
    ticks = 0
    for pid in web_processes(url):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def tokens(number: int) -> tuple[list[str], list[str]]:
    """Access tokens of so many customers, and products that they may order. Django is needed for this alone."""
    import django

    django.setup()
    from domains.accounts.models import User
    from domains.products.models import Product
    from tests.api import gid, sign_in

    people = User.objects.filter(email__startswith="bench-").order_by("id")[:number]
    products = Product.objects.filter(sku__startswith="BENCH-", stock__gte=100)[:2_000]
    return [sign_in(person).access_token for person in people], [gid(product) for product in products]


def told(took: list[float]) -> tuple[float, float]:
    return median(took), quantiles(took, n=100)[-1]


def loads() -> dict[str, Callable[[int], tuple[str, bytes]]]:
    access, products = tokens(max(REQUESTS))
    number = count()

    def order(client: int) -> tuple[str, bytes]:
        some = [products[next(number) * 7 % len(products)] for _ in range(2)]
        lines = [{"productId": each, "quantity": 1} for each in sorted(set(some))]
        wanted = {"lines": lines, "paymentMethod": "pm_card_visa", "idempotencyKey": str(uuid4())}
        return access[client], body(M1, input=wanted)

    return {
        "Q1": lambda client: (access[client], body(Q1)),
        "Q3": lambda client: (access[client], body(Q3)),
        "M1": order,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pin", action="store_true")
    parser.add_argument("--only", choices=["innocents", "loads", "Q1", "Q3", "M1"])
    options = parser.parse_args()
    place = 1 if options.pin else None
    if options.pin:
        os.sched_setaffinity(0, {1})
        for url in options.urls:
            for pid in web_processes(url):
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), {0})
    took: dict[tuple[str, str], list[float]] = defaultdict(list)
    spent: dict[tuple[str, str, int], list[tuple[float, float]]] = defaultdict(list)
    kinds = loads() if options.only != "innocents" else {}
    kinds = {options.only: kinds[options.only]} if options.only in kinds else kinds
    for _ in range(options.rounds):
        for url in options.urls if options.only in (None, "innocents") else ():
            took[url, "alone"] += innocents(url, INNOCENT_SECONDS)
            for name, query in HEAVY.items():
                with attackers(url, query, place):
                    took[url, name] += innocents(url, INNOCENT_SECONDS)
        for name, request in kinds.items():
            for clients, requests in list(REQUESTS.items())[: 2 if name == "M1" else 3]:
                for url in options.urls:
                    before = processor_ms(url)
                    rate = asyncio.run(crowd(url, clients, requests, request))
                    spent[url, name, clients].append(((processor_ms(url) - before) / requests, rate))
    for (url, name), each in took.items():
        (p50, p99), (idle50, idle99) = told(each), told(took[url, "alone"])
        logger.info(
            "%s innocent %-6s p50 %6.1f p99 %6.1f ms  x %4.1f %4.1f  n=%d",
            url,
            name,
            p50,
            p99,
            p50 / idle50,
            p99 / idle99,
            len(each),
        )
    for (url, name, clients), pairs in spent.items():
        cpu, rate = (median(values) for values in zip(*pairs, strict=True))
        logger.info("%s %s c=%-3d %6.2f ms of processor, %6.0f requests/s", url, name, clients, cpu, rate)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    logger.setLevel(logging.INFO)
    main()
