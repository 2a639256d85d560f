"""Sends requests that were prepared beforehand: one thread, connections kept open, nothing parsed but the length.

Its own processor time is measured too: it shares the cores with the servers. Answers need a Content-Length.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ERRORS = b'"errors"'
PATIENCE = 120.0  # seconds for all requests of a cell


@dataclass
class Load:
    """What came back: seconds of each answer, the first that failed, and what the client itself used."""

    proof: bytes  # stands in every answer that succeeded
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    failure: bytes = b""
    body: bytes = b""  # the last one
    seconds: float = 0.0
    client_seconds: float = 0.0  # of processor time

    def answered(self, seconds: float, head: bytes, body: bytes) -> None:
        self.latencies.append(seconds)
        self.body = body
        if head[9:11] != b"20" or ERRORS in body or self.proof not in body:
            self.failures += 1
            self.failure = self.failure or head.partition(b"\r\n")[0] + b" " + body[:500]


class Client(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, requests: Iterator[bytes], load: Load) -> None:
        self._requests, self._load = requests, load
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def begin(self) -> None:
        """Send the next request, or leave when there is none."""
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        head, gap, body = data.partition(b"\r\n\r\n")
        length = LENGTH.search(head) if gap else None
        if length is None or len(body) < int(length[1]):
            self._buffer = data
            return
        self._buffer = b""
        self._load.answered(time.perf_counter() - self._sent, head, body)
        self.begin()

    def connection_lost(self, error: Exception | None) -> None:
        self.ended.set_result(None)


def put_under_load(url: str, requests: Iterable[bytes], *, clients: int, proof: bytes = b"") -> Load:
    """Send all of them over so many connections; returns when each is answered, or its connection lost."""
    gc.collect()
    gc.freeze()  # no pause for what was made before
    return asyncio.run(_run(url, iter(requests), clients, Load(proof)))


async def _run(url: str, requests: Iterator[bytes], clients: int, load: Load) -> Load:
    address, loop = urlsplit(url), asyncio.get_running_loop()
    host, port = address.hostname or "127.0.0.1", address.port or 80
    opened = [(await loop.create_connection(lambda: Client(requests, load), host, port))[1] for _ in range(clients)]
    used, started = time.process_time(), time.perf_counter()
    for client in opened:
        client.begin()
    with contextlib.suppress(TimeoutError):  # what is not answered by then has failed
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(client.ended for client in opened))
    load.seconds, load.client_seconds = time.perf_counter() - started, time.process_time() - used
    return load
