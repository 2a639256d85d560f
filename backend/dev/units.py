"""Processes that `dev` keeps alive."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.processes import Child, Children, Spec
from backend.dev.state import ROOT

LONGEST_PAUSE = 10.0  # seconds
MONEY = "ordergraph.money"  # the queue that must not wait behind another one's work
UNMIGRATED = 3  # the exit status of `seed --migrate` when the migrations failed
SETTLED = 30.0  # seconds of life after which a death counts as the first
# As in deploy/ordergraph.py. A connection takes one of the 4,096 places while it is open, also while it is silent.
WEB_SERVER = (
    *("--interface", "asgi", "--http", "1", "--no-ws", "--backlog", "4096", "--backpressure", "4096"),
    *("--http1-header-read-timeout", "20000", "--http1-buffer-size", "65536"),
)


class Unit:
    """One process; it is started again, with growing pauses, whenever it ends by itself."""

    def __init__(self, children: Children, start: Callable[[], Child], child: Child | None = None) -> None:
        self._children = children
        self._start = start
        self.child = child
        self._started = time.monotonic()
        self._deaths = 0
        self._next_start = 0.0

    def tend(self) -> None:
        """Start the process when it is due; notice its death."""
        if self.child is not None and self.child.process.poll() is not None:
            self._bury(self.child)
        if self.child is None and time.monotonic() >= self._next_start:
            self._bring_up()

    def restart_soon(self) -> None:
        """The code has changed: whatever killed it before may be mended."""
        self._deaths, self._next_start = 0, 0.0

    def _bring_up(self) -> None:
        self._started = time.monotonic()
        try:
            self.child = self._start()
        except DevError as error:
            output.line(str(error), name="dev")
            self._plan_next()

    def _bury(self, child: Child) -> None:
        self._children.forget(child)
        self.child = None
        if time.monotonic() - self._started > SETTLED:
            self._deaths = 0
        pause = self._plan_next()
        status = child.process.returncode
        output.line(f"{child.spec.name} ended (status {status}); it starts again in {pause:.1f} s", name="dev")

    def _plan_next(self) -> float:
        pause: float = min(0.5 * 2**self._deaths, LONGEST_PAUSE)
        self._deaths += 1
        self._next_start = time.monotonic() + pause
        return pause


def web(port: int) -> Spec:
    options = [*WEB_SERVER, "--workers-kill-timeout", "2", "--host", "127.0.0.1", "--port", str(port)]
    return _spec("web", [sys.executable, "-m", "granian", *options, "backend.asgi:application"])


def worker(name: str = "worker", *queues: str) -> Spec:
    """A Celery worker of all queues, or of those that its options `queues` say."""
    # At INFO it tells of every task, also of the periodic ones when nothing happens.
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "backend", "worker", "--loglevel", "WARNING", *queues]
    # Celery means root in production; here the superuser is the developer.
    quiet = {"PYTHONWARNINGS": "ignore:You're running the worker"}
    quick = ["--concurrency", "2", "--without-gossip", "--without-mingle"]
    return _spec(name, [*celery, "--hostname", f"{name}@%h", *quick], **quiet)


def manage(name: str, *arguments: str) -> Spec:
    return _spec(name, [sys.executable, str(ROOT / "manage.py"), *arguments])


def graphiql() -> Spec:
    code = "import sys; from tests.tools.graphiql.build import build; sys.exit(build(lambda s: print(s, flush=True)))"
    return _spec("graphiql", [sys.executable, "-c", code])


def _spec(name: str, command: list[str], **env: str) -> Spec:
    own = {"PYTHONUNBUFFERED": "1", "MALLOC_MMAP_THRESHOLD_": "1048576"}  # for the second see the Dockerfile
    return Spec(name=name, command=command, env={**os.environ, **own, **env}, cwd=ROOT)
