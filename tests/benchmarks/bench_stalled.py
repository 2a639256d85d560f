"""A normal client beside clients that never finish what they send: run by hand against a server.

    python -m tests.benchmarks.bench_stalled http://127.0.0.1:8000/graphql [CONNECTIONS]

A third of the 1,200 connections stays silent, a third stops within a body of known length, a third within a chunked
one. Prints the median and the worst time of 100 requests of the normal client, without them and beside them, and how
the connections ended and when.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import sys
import time
from collections import Counter
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)
REQUESTS = 100
PATIENCE = 60.0  # seconds
HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BEGINNINGS = (b"", HEAD + b"Content-Length: 100\r\n\r\nhalf", HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")


def main() -> None:
    """Measure, and print."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    address = urlsplit(sys.argv[1])
    asyncio.run(_measure(str(address.hostname), address.port or 80, int((sys.argv[2:] or ["1200"])[0])))


async def _measure(host: str, port: int, connections: int) -> None:
    _report("alone", await asyncio.to_thread(_ask, host, port))
    stalled = [asyncio.ensure_future(_stall(host, port, BEGINNINGS[n % 3])) for n in range(connections)]
    await asyncio.sleep(1)
    _report(f"beside {connections}", await asyncio.to_thread(_ask, host, port))
    ends = await asyncio.gather(*stalled)
    for (end, second), number in sorted(Counter(ends).items()):
        logger.info("%5d %s after %d s", number, end, second)


def _report(name: str, times: list[float]) -> None:
    logger.info("%-12s median %.1f ms, worst %.1f ms", name, median(times) * 1000, max(times) * 1000)


def _ask(host: str, port: int) -> list[float]:
    """Seconds of each request, each over a connection of its own."""
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection = HTTPConnection(host, port, timeout=PATIENCE)
        connection.request("POST", "/graphql", '{"query": "{ __typename }"}', {"Content-Type": "application/json"})
        assert json.load(connection.getresponse())["data"]
        connection.close()
        times.append(time.perf_counter() - began)
    return times


async def _stall(host: str, port: int, beginning: bytes) -> tuple[str, int]:
    """How the server ended the connection, and after how many seconds."""
    reader, writer = await asyncio.open_connection(host, port)
    began = time.monotonic()
    writer.write(beginning)
    try:
        async with asyncio.timeout(PATIENCE):
            answer = (await reader.read()).partition(b"\r\n")[0].decode() or "closed"
    except TimeoutError:
        answer = "still open"
    except OSError:
        answer = "reset"
    writer.close()
    return answer, round(time.monotonic() - began)


if __name__ == "__main__":
    main()
