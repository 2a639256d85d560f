"""Clients that ask at a steady pace whatever becomes of the server, clients that follow orders, and what they met."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp
import orjson

from tests.processes import PATIENCE, wait_until
from tests.promises.followers import FOLLOW

TIMEOUT = aiohttp.ClientTimeout(total=30)
PAGE = "{ products(first: 5) { nodes { id name price { amount } } } }"
CREATE = """mutation ($input: CreateOrderInput!) {
    createOrder(input: $input) { __typename ... on CreateOrderSuccess { order { id } } ... on UserError { code } } }"""
RETRY_SECONDS = 3.0  # what browsers wait where the stream says nothing else


@dataclass(frozen=True)
class Request:
    """One operation; `succeeds` judges the `data` of its answer."""

    name: str
    token: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)
    succeeds: Callable[[dict[str, Any]], bool] = bool


def page(token: str) -> Request:
    return Request("query", token, PAGE)


def create_order(token: str, product: str) -> Request:
    """With an idempotency key of its own."""
    lines = [{"productId": product, "quantity": 1}]
    order = {"lines": lines, "paymentMethod": "pm_card_visa", "idempotencyKey": str(uuid4())}
    return Request(
        "createOrder",
        token,
        CREATE,
        {"input": order},
        lambda data: bool(data["createOrder"]["__typename"] == "CreateOrderSuccess"),
    )


def mixed(people: Sequence[str], products: Sequence[str], *, orders: int = 10) -> Iterator[Request]:
    """Endless: pages, and one in `orders` requests places an order."""
    person, product = cycle(people), cycle(products)
    for number in count():
        token = next(person)
        yield create_order(token, next(product)) if number % orders == 0 else page(token)


@dataclass
class Report:
    """What the clients met. Seconds are of whole requests, or from the loss of a stream until it was open again."""

    sent: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    opened: int = 0
    lost: Counter[str] = field(default_factory=Counter)  # streams, by how they ended
    longest_gap: float = 0.0

    @property
    def failed(self) -> int:
        return self.failures.total()


class Follower:
    """Follows an order, and connects again as an EventSource does: after the pause that the stream named last."""

    def __init__(self, token: str, order_id: str) -> None:
        self.token = token
        self.order_id = order_id
        self.retry: float | None = None  # seconds
        self.is_open = False
        self.heard: dict[str, Any] = {}  # the latest state

    def take(self, line: bytes) -> None:
        """A line of the stream."""
        name, _, value = line.rstrip(b"\r\n").partition(b": ")
        if name == b"retry":
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
        wait_until(lambda: all(each.heard for each in self.followers), what=f"streams are open: {self.report}")
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)

    async def _run(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)  # connections are kept open, as browsers do
        async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as session:
            followers = [asyncio.create_task(self._follow(session, each)) for each in self.followers]
            await self._ask(session)
            for each in followers:
                each.cancel()
            await asyncio.gather(*followers, return_exceptions=True)

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
        self.report.slowest = max(self.report.slowest, time.monotonic() - begun)
        if problem:
            self.report.failures[f"{request.name}: {problem}"] += 1
        else:
            self.report.answered[request.name] += 1

    async def _problem(self, session: aiohttp.ClientSession, request: Request) -> str:
        """Why it was not answered with success; empty when it was."""
        body = {"query": request.query, "variables": request.variables}
        headers = {"Authorization": f"Bearer {request.token}"}
        try:
            async with session.post(self._url, json=body, headers=headers) as response:
                text = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        if response.status != 200:
            return f"{response.status}: {text[:200].decode(errors='replace')}"
        answer = orjson.loads(text)
        return "" if not answer.get("errors") and request.succeeds(answer["data"]) else text[:200].decode()

    async def _follow(self, session: aiohttp.ClientSession, follower: Follower) -> None:
        lost_at: float | None = None
        while True:
            try:
                async for line in self._stream(session, follower):
                    if lost_at is not None:
                        self.report.longest_gap = max(self.report.longest_gap, time.monotonic() - lost_at)
                        lost_at = None
                    follower.take(line)
                end = "ended"
            except (aiohttp.ClientError, TimeoutError) as error:
                end = f"{type(error).__name__}: {error}"
            follower.is_open = False
            self.report.lost[end] += 1
            lost_at = lost_at or time.monotonic()
            await asyncio.sleep(RETRY_SECONDS if follower.retry is None else follower.retry)

    async def _stream(self, session: aiohttp.ClientSession, follower: Follower) -> Any:
        """Its lines. Raises ClientError when it is refused or breaks off."""
        body = {"query": FOLLOW, "variables": {"id": follower.order_id}}
        headers = {"Authorization": f"Bearer {follower.token}", "Accept": "text/event-stream"}
        patient = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with session.post(self._url, json=body, headers=headers, timeout=patient) as response:
            response.raise_for_status()
            self.report.opened += 1
            follower.is_open = True
            async for line in response.content:
                yield line
