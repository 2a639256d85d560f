"""`manage.py bench`: measures the server beside others on the same tables, and shows what it measured."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.processes import Children
from backend.dev.services import Services
from backend.dev.state import State, default_folder
from tests.benchmarks.bench import report
from tests.benchmarks.bench.measuring import USUAL, Run
from tests.benchmarks.bench.requests import WORKLOADS
from tests.benchmarks.bench.servers import KINDS
from tests.benchmarks.bench.shop import BUDGET, Database, redis_pid


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
        with output.progress("comparing answers and warming up"):
            run.compare()
        run.measure()
        return _tell(run, options)


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
    parser.add_argument("--quick", action="store_true", help="16 clients, one round of 100 requests")
    options = parser.parse_args(arguments)
    if options.quick:
        options.clients, options.requests, options.rounds = [16], 100, 1
    if unknown := {*options.only} - {*names.split(",")} | {*options.servers} - {*KINDS}:
        raise DevError(f"There is no {', '.join(sorted(unknown))}.")
    if len(options.peer) != len(options.queries):
        raise DevError("Each --peer needs its --queries.")
    return options


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _tell(run: Run, options: argparse.Namespace) -> int:
    """The table, the file, and what went wrong."""
    cells, conditions = list(run.cells.values()), list(_conditions(options))
    output.line("\n".join(["", report.table(cells), "", *conditions, *(f"FAULT: {fault}" for fault in run.faults)]))
    if options.json:
        figures = {"machine": report.machine(), "conditions": conditions, "faults": run.faults}
        options.json.write_text(json.dumps({**figures, "cells": [cell.figures() for cell in cells]}, indent=1))
    return 1 if run.faults else 0


def _conditions(options: argparse.Namespace) -> Iterator[str]:
    about = report.machine()
    yield (
        f"{USUAL.products:,} products, {USUAL.orders:,} orders; {options.rounds} rounds of {options.requests} requests"
        " (sign-ins: a tenth), the servers in turn: compare what was measured in one run alone."
    )
    yield (
        f"{about['cores']} cores shared with PostgreSQL, Valkey and the client; load average"
        f" {', '.join(f'{load:.1f}' for load in about['load_average'])}; Python {about['python']}."
    )
    yield (
        "PostgreSQL 18 as it comes (fsync, synchronous_commit and full_page_writes on) but for autovacuum, which is"
        f" off; budgets are on, with {BUDGET:,} cost units for an account instead of 50,000."
    )
    yield (
        "CPU: of all processes of server, PostgreSQL and Valkey. Statements: those in PostgreSQL's log, without BEGIN,"
        " COMMIT, settings, and what the sandbox provider does in its tables. RSS: of the server's largest process."
    )
