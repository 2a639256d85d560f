"""Clients that ask at a steady pace whatever becomes of the server, clients that follow orders, and what they met."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count, cycle
from random import uniform
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp
import orjson

from tests.processes import PATIENCE, wait_until
from tests.promises.followers import FOLLOW

TIMEOUT = 30  # seconds
PAGE = "{ products(first: 5) { nodes { id name price { amount } } } }"
CREATE = """mutation ($input: CreateOrderInput!) {
    createOrder(input: $input) { __typename ... on CreateOrderSuccess { order { id } } ... on UserError { code } } }"""


@dataclass(frozen=True)
class Request:
    """One operation; `succeeds` judges the `data` of its answer."""

    name: str
    token: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)
    succeeds: Callable[[dict[str, Any]], bool] = bool

    @property
    def body(self) -> bytes:
        return orjson.dumps({"query": self.query, "variables": self.variables})

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def send(self, url: str) -> dict[str, Any]:
        """Send it now; the `data` of the answer, which must be a success."""
        trusting = ssl._create_unverified_context()
        asked = urllib.request.Request(url, self.body, self.headers)
        with urllib.request.urlopen(asked, timeout=TIMEOUT, context=trusting) as response:
            answer = orjson.loads(response.read())
        assert not answer.get("errors"), answer
        assert self.succeeds(answer["data"]), answer
        data: dict[str, Any] = answer["data"]
        return data


def page(token: str) -> Request:
    return Request("query", token, PAGE)


def mutation(name: str, token: str, query: str, **fields: Any) -> Request:
    """One that ends in success."""
    success = f"{name[0].upper()}{name[1:]}Success"
    return Request(name, token, query, {"input": fields}, lambda data: bool(data[name]["__typename"] == success))


def create_order(token: str, product: str) -> Request:
    """One piece, with an idempotency key of its own."""
    lines = [{"productId": product, "quantity": 1}]
    key = str(uuid4())
    return mutation("createOrder", token, CREATE, lines=lines, paymentMethod="pm_card_visa", idempotencyKey=key)


def mixed(people: Sequence[str], products: Sequence[str], *, orders: int = 10) -> Iterator[Request]:
    """Endless: pages, and one in `orders` requests places an order. Everybody does both."""
    reader, buyer, product = cycle(people), cycle(people), cycle(products)
    for number in count():
        yield page(next(reader)) if number % orders else create_order(next(buyer), next(product))


@dataclass
class Report:
    """What the clients met. Seconds are of whole requests, or from the loss of a stream until it was open again."""

    sent: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)  # by their text; refused streams, too
    seconds: list[float] = field(default_factory=list)
    opened: int = 0
    ended: Counter[str] = field(default_factory=Counter)  # streams, by how they ended
    gaps: list[float] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """Seconds."""
        return max(self.seconds, default=0.0)

    @property
    def failed(self) -> int:
        """Requests and streams."""
        return self.failures.total()

    def __str__(self) -> str:
        took = sorted(self.seconds) or [0.0]
        figures = [
            f"p50 {took[len(took) // 2]:.3f} s",
            f"p99 {took[int(len(took) * 0.99)]:.3f} s",
            f"max {took[-1]:.3f} s",
        ]
        streams = f"{self.opened} streams opened, {dict(self.ended)}, longest gap {max(self.gaps, default=0):.2f} s"
        return (
            f"{self.sent} sent, {dict(self.answered)}, failures {dict(self.failures)}, {', '.join(figures)}; {streams}"
        )


class Follower:
    """Follows an order, and connects again: `by_get` as an EventSource does, else as graphql-sse."""

    def __init__(self, token: str, order_id: str, *, by_get: bool = False) -> None:
        self.order_id = order_id
        self.request = Request("follow", token, FOLLOW, {"id": order_id})
        self.by_get = by_get
        self.retry = 3.0  # seconds, of browsers, where the stream names none
        self.is_open = False
        self.heard: dict[str, Any] = {}  # the latest state

    @property
    def pause(self) -> float:
        """Seconds before it connects again."""
        return self.retry if self.by_get else 1.0 + uniform(0.3, 3.0)

    def open(self, session: aiohttp.ClientSession, url: str) -> Any:
        """The request of the stream."""
        headers = {**self.request.headers, "Accept": "text/event-stream"}
        options: dict[str, Any] = {"headers": headers, "timeout": aiohttp.ClientTimeout(total=None, sock_read=60)}
        if self.by_get:
            variables = orjson.dumps(self.request.variables).decode()
            return session.get(url, params={"query": self.request.query, "variables": variables}, **options)
        return session.post(url, data=self.request.body, **options)

    def take(self, line: bytes) -> None:
        """A line of the stream."""
        name, _, value = line.rstrip(b"\r\n").partition(b": ")
        if name == b"retry":
            assert self.by_get, "graphql-sse takes this field for an error"
            self.retry = int(value) / 1000
        elif name == b"data" and value:
            self.heard = orjson.loads(value)["data"]["orderUpdated"]


class Load:
    """A load for the length of a `with` block: `rate` requests a second, and the followers."""

    def __init__(
        self, url: str, requests: Iterator[Request], *, rate: float = 0, followers: Sequence[Follower] = ()
    ) -> None:
        self.report = Report()
        self.followers = followers
        self._url = url
        self._requests = requests
        self._rate = rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: all(each.heard for each in self.followers), what="all streams are open")
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)

    async def _run(self) -> None:
        # Connections are kept open, as browsers keep them.
        connector = aiohttp.TCPConnector(limit=0, ssl=False)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            followers = [asyncio.create_task(self._follow(session, each)) for each in self.followers]
            await self._ask(session)
            for each in followers:
                each.cancel()
            await asyncio.gather(*followers, return_exceptions=True)
        await asyncio.sleep(0.3)  # aiohttp closes TLS connections in the background

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        started, asking = time.monotonic(), set[asyncio.Task[None]]()
        while not self._stop.is_set():
            due = (time.monotonic() - started) * self._rate
            while self.report.sent < due:
                self.report.sent += 1
                task = asyncio.create_task(self._one(session, next(self._requests)))
                asking.add(task)
                task.add_done_callback(asking.discard)
            await asyncio.sleep(0.5 / self._rate if self._rate else 0.05)
        await asyncio.gather(*asking)

    async def _one(self, session: aiohttp.ClientSession, request: Request) -> None:
        begun = time.monotonic()
        problem = await self._problem(session, request)
        self.report.seconds.append(time.monotonic() - begun)
        if problem:
            self.report.failures[f"{request.name}: {problem}"] += 1
        else:
            self.report.answered[request.name] += 1

    async def _problem(self, session: aiohttp.ClientSession, request: Request) -> str:
        """Why it was not answered with success; empty when it was."""
        try:
            async with session.post(self._url, data=request.body, headers=request.headers) as response:
                text = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        if response.status != HTTPStatus.OK:
            return f"{response.status}: {text[:200].decode(errors='replace')}"
        answer = orjson.loads(text)
        return "" if not answer.get("errors") and request.succeeds(answer["data"]) else text[:200].decode()

    async def _follow(self, session: aiohttp.ClientSession, follower: Follower) -> None:
        lost_at: float | None = None
        while True:
            end = "in order"
            try:
                async with aclosing(self._lines(session, follower)) as lines:  # else its socket outlives the loop
                    async for line in lines:
                        if lost_at is not None:
                            self.report.gaps.append(time.monotonic() - lost_at)
                            lost_at = None
                        follower.take(line)
            except aiohttp.ClientResponseError as refused:
                self.report.failures[f"stream: {refused.status} {refused.message}"] += 1
                end = "refused"
            except (aiohttp.ClientError, TimeoutError) as error:
                end = f"{type(error).__name__}: {error}"
            follower.is_open = False
            self.report.ended[end] += 1
            lost_at = lost_at or time.monotonic()
            await asyncio.sleep(follower.pause)

    async def _lines(self, session: aiohttp.ClientSession, follower: Follower) -> AsyncGenerator[bytes]:
        """Of its stream. Raises ClientError when it is refused or breaks off."""
        async with follower.open(session, self._url) as response:
            response.raise_for_status()
            self.report.opened += 1
            follower.is_open = True
            try:
                async for line in response.content:
                    yield line
            finally:  # at once: a farewell by TLS would outlive the loop
                if response.connection and response.connection.transport:
                    response.connection.transport.abort()
