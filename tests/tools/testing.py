"""`manage.py test`: pytest with real servers of its own, or on those of DATABASE_URL and REDIS_URL."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import sys
from types import FrameType

from backend.dev import output
from backend.dev.processes import Child, Children, Spec
from backend.dev.state import ROOT, BusyError, State, default_folder

# Tests that start servers wait half of their time. Each process has a database of its own, and costs 5 s of a core.
A_CORE, MOST_PROCESSES = 2, 4
ALONE = re.compile(r"-n\d*|--numprocesses|--dist|--pdb|--trace|-s|--capture|--co(llect-only)?|--lf|--ff|--sw|-k|-m")
HELP = """\
Usage: manage.py test [pytest arguments]

Runs pytest with an embedded PostgreSQL and Valkey (or with DATABASE_URL and REDIS_URL, when set).
Several runs at once, and several checkouts on one server, keep out of each other's way.

  manage.py test                              everything, on all cores, in at most 4 processes
  manage.py test tests/schema -k cursor       some of it, by path and by name, in one process
  manage.py test -n 2 tests/schema            on two processes; -n 0: everything in one
  manage.py test --reuse-db                   keep the test database for the next run (--create-db makes it anew)
  manage.py test --cov --cov-report=html      with coverage
  manage.py test -x --pdb                     stop in a debugger at the first failure

All other options are pytest's own: .venv/bin/pytest --help lists them."""


def main(arguments: list[str]) -> int:
    """Run pytest; returns its exit status."""
    if {"--help", "-h"} & set(arguments):
        output.line(HELP)
        return 0
    # Only now: with them come Django and the clients of both servers.
    from backend.dev.services import Services, check_servers
    from tests import template

    with contextlib.ExitStack() as stack:
        state, suffix = hold_free_slot(stack)
        children = stack.enter_context(Children())
        if suffix:
            stack.callback(state.remove)
        name_for_this_run(State(default_folder()).key, suffix)
        given = bool(os.environ.get("DATABASE_URL"))
        with output.progress("starting PostgreSQL and Valkey", stream=sys.stderr, quiet_for=1):
            Services(state, children, fast=True).start()
        check_servers(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
        parallel = in_parallel(arguments)
        if parallel or not given:  # one copy of what is dropped at the end would not pay
            name = template.choose(os.environ["TEST_DATABASE_NAME"], anew="--create-db" in arguments)
            os.environ["TEST_TEMPLATE"] = name
            if given:
                stack.callback(template.drop, name)
        return run_pytest(children, [*parallel, *arguments])


def hold_free_slot(stack: contextlib.ExitStack) -> tuple[State, str]:
    """The first state folder that no other run holds; the first one is kept for the next time."""
    for number in itertools.count(1):
        suffix = f"_{number}" if number > 1 else ""
        state = State(default_folder() / f"test{suffix}")
        with contextlib.suppress(BusyError):
            stack.enter_context(state.held("test"))
            return state, suffix
    raise AssertionError("unreachable")


def name_for_this_run(checkout: str, suffix: str) -> None:
    name = f"test_ordergraph_{checkout[:8]}{suffix}"
    os.environ.setdefault("TEST_DATABASE_NAME", name)
    os.environ.setdefault("REDIS_PREFIX", f"{name}:")
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings.test"


def in_parallel(arguments: list[str]) -> list[str]:
    """Options that spread a run over the cores; none for a part of the suite, a debugger or a choice already made."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = str(min(A_CORE * cores, MOST_PROCESSES))
    alone = any(ALONE.fullmatch(argument.partition("=")[0]) for argument in arguments)
    part = any((ROOT / argument.partition("::")[0]).exists() for argument in arguments if not argument.startswith("-"))
    return [] if cores == 1 or alone or part else ["-n", processes, "--dist", "loadfile", "--no-loadscope-reorder"]


def run_pytest(children: Children, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    child = children.start(Spec(name="pytest", command=command, env=os.environ, cwd=ROOT, foreground=True))
    forward_signals(child)
    status = child.process.wait()
    return 128 - status if status < 0 else status


def forward_signals(child: Child) -> None:
    def forward(number: int, frame: FrameType | None) -> None:
        # Ctrl-C at the terminal reaches pytest by itself; twice would cut its teardown short.
        if number != signal.SIGINT or not sys.stdin.isatty():
            child.process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
