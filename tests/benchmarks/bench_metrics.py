"""What metrics cost: CPU of Q1 (a product by slug) at two web servers, one with METRICS_PORT and one without, in turns.

    DATABASE_URL=... REDIS_URL=... python -m tests.benchmarks.bench_metrics

On the rows of `manage.py seed bench`. Prints milliseconds of CPU of each server a request, and the ratio.
"""

from __future__ import annotations

import json
import logging
import sys
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from backend.dev.processes import Child, Children, Spec
from backend.dev.units import WEB_SERVER
from tests.benchmarks.bench.usage import cpu_seconds
from tests.processes import environment, free_port, wait_until

logger = logging.getLogger(__name__)
ROUNDS, REQUESTS = 60, 100  # in each round both servers answer so many
QUERY = (Path(__file__).parent / "queries" / "ordergraph" / "Q1.graphql").read_text()
BODY = json.dumps({"query": QUERY, "variables": {"slug": "bench-0000001"}}).encode()
GENEROUS = {"BUDGET_ADDRESS": "1000000000", "BUDGET_ACCOUNT": "1000000000", "LOG_LEVEL": "WARNING"}


class Server:
    """A web server, and what it took."""

    def __init__(self, children: Children, metrics_port: int) -> None:
        port = free_port()
        command = [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(port), *WEB_SERVER]
        env = environment(METRICS_PORT=str(metrics_port), **GENEROUS)
        self._child: Child = children.start(Spec(name="web", command=[*command, "backend.asgi:application"], env=env))
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.took: list[float] = []
        wait_until(self._is_ready, what="the server answers")

    def measure(self) -> None:
        """Milliseconds of CPU a request, one more figure."""
        before = cpu_seconds(self._child.process.pid)
        for _ in range(REQUESTS):
            self._ask()
        self.took.append((cpu_seconds(self._child.process.pid) - before) / REQUESTS * 1000)

    def _is_ready(self) -> bool:
        try:
            self._ask()
        except OSError:
            self._connection.close()
            return False
        return True

    def _ask(self) -> None:
        self._connection.request("POST", "/graphql", BODY, {"Content-Type": "application/json"})
        answer = self._connection.getresponse().read()
        assert b'"errors"' not in answer, answer


def main() -> None:
    with Children() as children:
        off, on = Server(children, 0), Server(children, free_port())
        for number in range(ROUNDS + 2):
            for server in (off, on) if number % 2 else (on, off):
                server.measure()
    pairs = list(zip(off.took[2:], on.took[2:], strict=True))  # without what warms up
    logger.info("off %.3f ms, on %.3f ms of CPU a request", *(median(values) for values in zip(*pairs, strict=True)))
    logger.info("%.3f times (median of the rounds)", median(with_ / without for without, with_ in pairs))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    logger.setLevel(logging.INFO)
    main()
