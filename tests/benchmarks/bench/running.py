"""`manage.py bench`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.processes import Children
from backend.dev.services import Services
from backend.dev.state import State, default_folder
from tests.benchmarks.bench import report, usage
from tests.benchmarks.bench.load import Load, put_under_load
from tests.benchmarks.bench.report import Cell
from tests.benchmarks.bench.requests import WORKLOADS, Workload, difference, leaves, prepared
from tests.benchmarks.bench.servers import KINDS, Server, peer, ready, start
from tests.benchmarks.bench.shop import BUDGET, Database, Size, redis_pid

SHOP, LARGE = "bench", "bench_large"
USUAL, MILLION = Size(10_000, 20_000), Size(1_000_000, 1_000_000)
COMPARED = 3  # answers of each workload
LOGGED = 5  # requests whose statements are counted
SETTLE = 0.1  # seconds until what follows an answer is done

Variants = dict[str, list[dict[str, Any]]]


def main(arguments: list[str]) -> int:
    """Measure and show; 1 when a server answered differently or a request failed."""
    options = _options(arguments)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)  # the servers are our own
    state = State(default_folder() / "bench")
    with contextlib.ExitStack() as stack:
        stack.enter_context(state.held("bench"))
        children = stack.enter_context(Children())
        services = Services(state, children)
        with output.progress("starting PostgreSQL and Valkey", quiet_for=1):
            services.start()
        (postgres, child) = services.running[-1]
        database = Database(postgres, child, os.environ["REDIS_URL"])  # type: ignore[arg-type]
        run = Run(options, database, redis_pid(services.running), children, state.folder)
        for name, size in run.shops.items():
            database.make(name, size)
            stack.callback(database.drop, name)
        run.start()
        run.compare()
        run.measure()
        return run.tell()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py bench", description=__doc__)
    names = ",".join(each.name for each in WORKLOADS)
    parser.add_argument("--only", type=_names, default=names.split(","), help=f"some of {names}")
    parser.add_argument("--clients", type=lambda text: [int(one) for one in text.split(",")], default=[1, 16, 64])
    parser.add_argument("--requests", type=int, default=400, help="of each workload in a round; a tenth of sign-ins")
    parser.add_argument("--rounds", type=int, default=3, help="in each of them the servers take turns")
    about = "; ".join(f"{name}: {kind.what}" for name, kind in KINDS.items())
    parser.add_argument("--servers", type=_names, default=list(KINDS), help=about)
    parser.add_argument("--scale", action="store_true", help="ours at 1,000,000 products and orders, too")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=URL", help="a server that you start")
    parser.add_argument("--queries", action="append", default=[], type=Path, help="its folder of queries; one a peer")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--quick", action="store_true", help="16 clients, one round of 150 requests")
    options = parser.parse_args(arguments)
    if options.quick:
        options.clients, options.requests, options.rounds = [16], 150, 1
    if unknown := {*options.only} - {*names.split(",")} | {*options.servers} - {*KINDS}:
        raise DevError(f"There is no {', '.join(sorted(unknown))}.")
    if len(options.peer) != len(options.queries):
        raise DevError("Each --peer needs its --queries.")
    return options


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


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
        self._cells: dict[tuple[str, int, str], Cell] = {}
        self._faults: list[str] = []

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
            for server in self._servers:
                if not server.knows(workload.name):
                    continue
                # Warms threads, connections and compilers.
                load = self._send(server, workload, self._count(workload, 16), clients=16)
                answers = [self._one(server, workload, number) for number in range(COMPARED)]
                fault = load.failure.decode(errors="replace") or difference(
                    answers, expected.setdefault(server.database, answers)
                )
                if fault:
                    self._fault(server, f"{workload.name}: {fault}")
                else:
                    self._answering[workload.name, server.name] = self._statements(server, workload)

    def _one(self, server: Server, workload: Workload, number: int) -> Counter[str]:
        variants = self._variants[server.database][workload.name][number : number + 1]
        requests = prepared(server.url, server.queries, workload.name, variants, 1)
        return leaves(put_under_load(server.url, requests, clients=1).body)

    def _fault(self, server: Server, what: str) -> None:
        if server.name == "core":
            _say(f"core is left out of {what}")
        else:
            self._faults.append(f"{server.name} is left out of {what}")
            _say(self._faults[-1])

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
        cell = self._cells.setdefault((workload.name, clients, server.name), known)
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
            self._faults.append(f"{cell.server}, {cell.workload}: {load.failure.decode(errors='replace')}")
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

    def tell(self) -> int:
        """The table, the file, and what went wrong."""
        cells = list(self._cells.values())
        output.line(f"\n{report.table(cells)}\n")
        for line in self._conditions():
            output.line(line)
        for fault in self._faults:
            output.line(f"FAULT: {fault}")
        if self._options.json:
            figures = {
                "machine": report.machine(),
                "conditions": list(self._conditions()),
                "cells": [cell.figures() for cell in cells],
                "faults": self._faults,
            }
            self._options.json.write_text(json.dumps(figures, indent=1))
        return 1 if self._faults else 0

    def _conditions(self) -> Iterator[str]:
        size, about = self.shops[SHOP], report.machine()
        yield (
            f"{size.products:,} products, {size.orders:,} orders; {self._options.rounds} rounds of"
            f" {self._options.requests} requests (sign-ins: a tenth), the servers in turn: compare within a row alone."
        )
        yield (
            f"{about['cores']} cores shared with PostgreSQL, Valkey and the client; load average "
            f"{', '.join(f'{load:.1f}' for load in about['load_average'])}; Python {about['python']}."
        )
        yield (
            "PostgreSQL 18 as it comes (fsync, synchronous_commit and full_page_writes on) but for autovacuum, which is"
            f" off; budgets are on, with {BUDGET:,} cost units for an account instead of 50,000."
        )
        yield (
            "CPU: of all processes of server, PostgreSQL and Valkey. Statements: those in PostgreSQL's log, without"
            " BEGIN and COMMIT and the sandbox provider's own. RSS: of the server's largest process."
        )


def _say(text: str) -> None:
    output.line(text, name="bench")


__all__: Sequence[str] = ["main"]
