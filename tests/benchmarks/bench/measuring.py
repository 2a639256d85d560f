"""One run of `bench`: servers are started and compared, then measured in turn."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import Any

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.processes import Children
from tests.benchmarks.bench import usage
from tests.benchmarks.bench.load import Load, put_under_load
from tests.benchmarks.bench.report import Cell
from tests.benchmarks.bench.requests import WORKLOADS, Workload, difference, leaves, prepared
from tests.benchmarks.bench.servers import Server, peer, ready, start
from tests.benchmarks.bench.shop import Database, Size

SHOP, LARGE = "bench", "bench_large"
USUAL, MILLION = Size(10_000, 20_000), Size(1_000_000, 1_000_000)
COMPARED = 3  # answers of each workload
LOGGED = 5  # requests whose statements are counted
SETTLE = 0.1  # seconds until what follows an answer is done

type Variants = dict[str, list[dict[str, Any]]]


class Run:
    """One run: what is started, who answers what, and the figures."""

    def __init__(
        self, options: argparse.Namespace, database: Database, redis: int, children: Children, folder: Path
    ) -> None:
        self._options, self._database, self._redis = options, database, redis
        self._children, self._folder = children, folder
        self.shops = {SHOP: USUAL} | ({LARGE: MILLION} if options.scale else {})
        self._workloads = [each for each in WORKLOADS if each.name in options.only]
        self._servers: list[Server] = []
        self._variants: dict[str, Variants] = {}
        self._answering: dict[tuple[str, str], float] = {}  # workload and server: statements of a request
        self.cells: dict[tuple[str, int, str], Cell] = {}
        self.faults: list[str] = []

    def start(self) -> None:
        """The servers, all at once."""
        for shop in self.shops:
            self._variants[shop] = self._database.facts(shop)
        for kind in self._options.servers:
            self._start(kind, kind, SHOP)
        if LARGE in self.shops:
            self._start("ours", "ours at a million", LARGE)
        for told, queries in zip(self._options.peer, self._options.queries, strict=True):
            name, _, url = told.partition("=")
            environment = self._database.environment(SHOP)
            for variable in ("DATABASE_URL", "JWT_KEYS"):
                _say(f"{name} may need {variable}={environment[variable]}")
            self._servers.append(peer(name, url, queries, SHOP))
        self._servers = [ready(server) for server in self._servers]

    def _start(self, kind: str, name: str, shop: str) -> None:
        try:
            self._servers.append(start(self._children, self._database, kind, name, shop, self._folder))
        except DevError as error:
            if kind == "ours":
                raise
            _say(f"{name} is left out: {error}")

    def compare(self) -> None:
        """Before anything is timed: who answers like the first one. Who does not is left out of that workload."""
        for workload in self._workloads:
            expected: dict[str, list[Counter[str]]] = {}
            for server in (each for each in self._servers if each.knows(workload.name)):
                loads = [self._one(server, workload, number) for number in range(COMPARED)]
                fault = "".join(load.failure[:300].decode(errors="replace") for load in loads[:1])
                answers = [leaves(load.body) for load in loads]
                fault = fault or difference(answers, expected.setdefault(server.database, answers))
                if fault:
                    self._fault(server, f"{workload.name}: {fault}")
                    continue
                self._send(server, workload, round(server.warm * workload.share), clients=16)
                self._answering[workload.name, server.name] = self._statements(server, workload)

    def _one(self, server: Server, workload: Workload, number: int) -> Load:
        variants = self._variants[server.database][workload.name][number : number + 1]
        requests = prepared(server.url, server.queries, workload.name, variants, 1)
        return put_under_load(server.url, requests, clients=1, proof=workload.proof)

    def _fault(self, server: Server, what: str) -> None:
        if server.name == "core":
            _say(f"core is left out of {what}")
        else:
            self.faults.append(f"{server.name} is left out of {what}")
            _say(self.faults[-1])

    def _statements(self, server: Server, workload: Workload) -> float:
        self._database.log_statements(on=True)
        offset = self._database.log_size
        self._send(server, workload, LOGGED, clients=1)
        time.sleep(SETTLE)
        counted = self._database.counted(offset)
        self._database.log_statements(on=False)
        return counted / LOGGED

    def measure(self) -> None:
        """Round after round, in each the servers in turn."""
        rounds = self._options.rounds
        for workload in self._workloads:
            for clients in self._options.clients:
                with output.progress(f"{workload.name}, {clients} clients", quiet_for=3):
                    for _ in range(rounds):
                        for server in self._servers:
                            if (workload.name, server.name) in self._answering:
                                self._measure(server, workload, clients)

    def _measure(self, server: Server, workload: Workload, clients: int) -> None:
        statements = self._answering[workload.name, server.name]
        known = Cell(workload.name, clients, server.name, statements)
        cell = self.cells.setdefault((workload.name, clients, server.name), known)
        self._send(server, workload, 2 * clients, clients=clients)  # not measured
        time.sleep(SETTLE)
        before = self._cpu(server)
        count = self._count(workload, clients)
        load = self._send(server, workload, count, clients=clients)
        time.sleep(SETTLE)
        used = [after - earlier for after, earlier in zip(self._cpu(server), before, strict=True)]
        self._add(cell, load, count, used)
        cell.rss_mb = max(cell.rss_mb, usage.resident_mb(server.pid) if server.pid else 0)

    def _count(self, workload: Workload, clients: int) -> int:
        requests: int = self._options.requests
        return max(clients, round(requests * workload.share))

    def _add(self, cell: Cell, load: Load, count: int, used: list[float]) -> None:
        failures = load.failures + count - len(load.latencies)
        if failures:
            self.faults.append(f"{cell.server}, {cell.workload}: {load.failure.decode(errors='replace')}")
        cell.requests += count
        cell.failures += failures
        cell.seconds += load.seconds
        cell.latencies += load.latencies
        cell.client_cpu += load.client_seconds
        cell.server_cpu, cell.database_cpu, cell.redis_cpu = (
            known + more for known, more in zip((cell.server_cpu, cell.database_cpu, cell.redis_cpu), used, strict=True)
        )
        names = ("server_cpu", "database_cpu", "redis_cpu")
        cell.rounds.append({"requests": count, "seconds": load.seconds, **dict(zip(names, used, strict=True))})

    def _cpu(self, server: Server) -> list[float]:
        pids = (server.pid, self._database.pid, self._redis)
        return [usage.cpu_seconds(pid) if pid else 0.0 for pid in pids]

    def _send(self, server: Server, workload: Workload, count: int, *, clients: int) -> Load:
        variants = self._variants[server.database][workload.name]
        requests = list(prepared(server.url, server.queries, workload.name, variants, count))
        return put_under_load(server.url, requests, clients=clients, proof=workload.proof)


def _say(text: str) -> None:
    output.line(text, name="bench")
