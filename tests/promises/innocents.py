"""People who browse, sign in, order and look at their orders, and who accept one refusal only: one that says when."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from tests.factories import PASSWORD

PATIENCE = 30.0  # seconds for one answer
BROWSE = "{ products(first: 20) { nodes { id name price { amount } category { name } } pageInfo { endCursor } } }"
SEARCH = '{ products(first: 20, filter: { search: "product" }) { totalCount nodes { id name stock } } }'
ONE = "{ products(first: 1) { nodes { id } } }"
MINE = "{ orders(first: 10) { nodes { id number status lines { quantity product { name } } } } }"
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
CREATE = """mutation ($input: CreateOrderInput!) { createOrder(input: $input) {
    __typename ... on CreateOrderSuccess { order { id status } } ... on UserError { code } } }"""


type Deed = Callable[[threading.Event], object]


@dataclass
class Innocent:
    """One person at an address of one's own, with one request at a time."""

    url: str
    email: str
    token: str
    address: str
    products: list[str]
    random: Random
    keys: list[UUID] = field(default_factory=list)  # of orders that were answered with success
    seconds: list[float] = field(default_factory=list)  # of answers to ONE
    asked: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def live(self, stop: threading.Event) -> None:
        """Until told to stop. Raises AssertionError for the first answer that is neither right nor a dated refusal."""
        while not stop.wait(self.random.uniform(0.05, 0.3)):
            self.random.choice(self.deeds)(stop)

    @property
    def deeds(self) -> list[Deed]:
        """What they do, each as often as it is here."""
        return [self.looks, self.looks, self.looks, self.browse, self.search, self._mine, self.order, self._sign_in]

    def answered(self) -> bool:
        """Whether the web process is there."""
        with suppress(OSError):
            return self.looks(threading.Event())
        return False

    def looks(self, stop: threading.Event) -> bool:
        """Whether the simplest query was served; how long that took is kept."""
        started = time.perf_counter()
        served = self.ask(ONE, stop) is not None
        if served:
            self.seconds.append(time.perf_counter() - started)
        return served

    def browse(self, stop: threading.Event) -> None:
        self.ask(BROWSE, stop)

    def search(self, stop: threading.Event) -> None:
        self.ask(SEARCH, stop)

    def _mine(self, stop: threading.Event) -> None:
        self.ask(MINE, stop)

    def _sign_in(self, stop: threading.Event) -> None:
        answer = self.ask(LOGIN, stop, input={"email": self.email, "password": PASSWORD})
        assert answer is None or answer["login"]["__typename"] == "LoginSuccess", answer

    def order(self, stop: threading.Event) -> None:
        """The same key until the answer is final."""
        key = uuid4()
        lines = [{"productId": self.random.choice(self.products), "quantity": 1}]
        wish = {"lines": lines, "paymentMethod": "pm_card_visa", "idempotencyKey": str(key)}
        while not stop.is_set():
            answer = self.ask(CREATE, stop, input=wish)
            if answer and answer["createOrder"]["__typename"] != "PaymentPendingError":
                assert answer["createOrder"]["__typename"] == "CreateOrderSuccess", answer
                self.keys.append(key)
                return
            stop.wait(0.5)

    def ask(self, query: str, stop: threading.Event, **variables: Any) -> dict[str, Any] | None:
        """The data; None after a refusal, once its time is over."""
        parts = urlsplit(self.url)
        headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
        headers["Authorization"] = f"Bearer {self.token}"
        address = (self.address, 0)
        with closing(HTTPConnection(str(parts.hostname), parts.port, PATIENCE, source_address=address)) as http:
            http.request("POST", parts.path, json.dumps({"query": query, "variables": variables}), headers)
            response = http.getresponse()
            answer = json.loads(response.read())
        self.asked += 1
        if "errors" not in answer:
            data: dict[str, Any] = answer["data"]
            return data
        wait = response.getheader("Retry-After")
        assert wait is not None, (response.status, answer)
        self.refused[answer["errors"][0]["extensions"]["code"]] += 1
        stop.wait(min(float(wait), 5.0))
        return None
