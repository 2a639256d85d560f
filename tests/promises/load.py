"""A cheap load generator: requests prepared beforehand, connections kept open, one thread. It shares the cores."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.promises.shoppers import CREATE


@dataclass(frozen=True)
class Load:
    """The answers, in the order of the requests' arrival, and how long all took."""

    answers: list[dict[str, Any]]
    seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.answers) / self.seconds

    @property
    def results(self) -> list[dict[str, Any]]:
        """What createOrder answered."""
        return [answer["data"]["createOrder"] for answer in self.answers]


def create_order(token: str, order: dict[str, Any]) -> bytes:
    """The bytes of a createOrder request."""
    body = json.dumps({"query": CREATE, "variables": {"input": order}}).encode()
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def put_under_load(url: str, requests: Sequence[bytes], *, clients: int) -> Load:
    """Send all requests over so many connections, each with one request at a time."""
    started = time.perf_counter()
    raw = asyncio.run(_run(url, iter(requests), clients))
    seconds = time.perf_counter() - started
    return Load([json.loads(body) for body in raw], seconds)


async def _run(url: str, requests: Iterator[bytes], clients: int) -> list[bytes]:
    bodies: list[bytes] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_client(url, requests, bodies))
    return bodies


async def _client(url: str, requests: Iterator[bytes], bodies: list[bytes]) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for request in requests:
        writer.write(request)
        status, *headers = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        assert b" 200" in status, status
        lengths = [line for line in headers if line.startswith(b"content-length:")]
        bodies.append(await reader.readexactly(int(lengths[0].partition(b":")[2])))
    writer.close()
    await writer.wait_closed()
