"""Latency of the API while people follow their orders: run by hand against a server of the demo shop.

    STREAMS_PER_USER=1000 BUDGET_ACCOUNT=5000000 python3 manage.py dev --no-reload
    python -m tests.benchmarks.bench_streams http://127.0.0.1:8000/graphql [STREAMS]

Prints the budget that the server holds us to; the median and the 95th percentile in milliseconds of a page of orders,
one request at a time: before the streams are open, while they are, and after they were closed; and the time until all
of them heard of one change.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.promises.followers import Follower

logger = logging.getLogger(__name__)
REQUESTS = 500
PERSON = {"email": "customer@example.com", "password": "demo-Passw0rd!"}
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { tokens { accessToken } } } }"
GOODS = "{ products(first: 1, filter: {inStock: true}) { nodes { id } } }"
ORDER = """mutation ($input: CreateOrderInput!) {
    createOrder(input: $input) { ... on CreateOrderSuccess { order { id } } } }"""
CANCEL = "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }"
PAGE = "{ orders(first: 20) { nodes { number status lines { productName quantity } payment { status } } } }"


class Shop:
    """The demo customer, over one connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = HTTPConnection(host, port)
        self.token = self.budget = ""
        self.token = self.ask(LOGIN, input=PERSON)["login"]["tokens"]["accessToken"]

    def ask(self, query: str, **variables: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self._connection.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}), headers)
        response = self._connection.getresponse()
        self.budget = response.headers["RateLimit-Policy"]
        answer = json.load(response)
        if "errors" in answer:
            sys.exit(answer["errors"][0]["message"])
        return answer["data"]

    def order(self) -> str:
        lines = [{"productId": self.ask(GOODS)["products"]["nodes"][0]["id"], "quantity": 1}]
        wanted = {"lines": lines, "paymentMethod": "pm_card_visa", "idempotencyKey": str(uuid4())}
        identifier: str = self.ask(ORDER, input=wanted)["createOrder"]["order"]["id"]
        return identifier


def measure(name: str, shop: Shop) -> None:
    spent: list[float] = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        shop.ask(PAGE)
        spent.append((time.perf_counter() - started) * 1000)
    logger.info("%-24s p50 %6.2f ms  p95 %6.2f ms", name, median(spent), quantiles(spent, n=20)[-1])


def main(url: str, count: int = 500) -> None:
    address = urlsplit(url)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    shop = Shop(host, port)
    order = shop.order()
    logger.info("budget: %s", shop.budget)
    measure("no streams", shop)
    with ExitStack() as streams:
        started = time.perf_counter()
        followers = [streams.enter_context(Follower(port, shop.token, order)) for _ in range(count)]
        if not all(follower.hears('"status":"CONFIRMED"') for follower in followers):
            sys.exit("a stream was refused: start the server with a larger STREAMS_PER_USER")
        logger.info("%d streams opened in %.1f s", count, time.perf_counter() - started)
        measure(f"{count} streams", shop)
        started = time.perf_counter()
        shop.ask(CANCEL, input={"orderId": order})
        for follower in followers:
            follower.hears('"status":"CANCELLED"')
        logger.info("the last heard of a change after %.0f ms", (time.perf_counter() - started) * 1000)
    measure("no streams any more", shop)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(sys.argv[1], *map(int, sys.argv[2:]))
