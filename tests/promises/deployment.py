"""A whole deployment of its own, servers too, tended as `manage.py dev` does, any part of which may be killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from backend.dev import units
from backend.dev.postgres import PROGRAMS, Postgres, installed_packages
from backend.dev.processes import Child, Children, Spec
from backend.dev.services import Services
from backend.dev.state import State
from backend.dev.units import Unit
from backend.dev.valkey import Valkey
from tests.processes import PATIENCE, ROOT, environment, free_port

PARTS = ("web", "worker", "relay", "valkey", "postgres")
TICK = 0.05  # seconds
GATEWAY_SECONDS = 1  # the provider's time-out


class Deployment:
    """To be used from the main thread: the kernel ends children with the thread that started them."""

    def __init__(self, folder: Path, children: Children, **env: str) -> None:
        self.mails = folder / "mails"
        self.mails.mkdir(parents=True)
        self._children = children
        self._log = folder / "processes.log"
        state = State(folder / "state")
        state.folder.mkdir()
        servers = Services(state, children)
        # Durable: what an immediate stop loses must not be called lost by us.
        self._postgres, valkey = Postgres(state, children, fast=False), Valkey(state)
        self.remove = state.remove
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/graphql"
        self.redis_url = valkey.url
        self._env = environment(
            DATABASE_URL=self._postgres.url,
            REDIS_URL=valkey.url,
            EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
            EMAIL_FILE_PATH=str(self.mails),
            **{"PAYMENT_GATEWAY_TIMEOUT": str(GATEWAY_SECONDS), "LOG_LEVEL": "WARNING", **env},
        )
        starts: dict[str, Callable[[], Child]] = {
            "postgres": partial(servers.start_one, self._postgres),
            "valkey": partial(servers.start_one, valkey),
            "web": partial(self._start, units.web(port)),
            "worker": partial(self._start, units.worker()),
            "relay": partial(self._start, units.manage("relay", "relay")),
        }
        self._parts = {name: Unit(children, starts[name]) for name in starts}

    def bring_up(self, prepare: str) -> Any:
        """Start the servers, run the Python code `prepare` on an empty database, start the rest; what it printed.

        Its tables are those of the test database: to migrate takes ten times as long.
        """
        for name in ("postgres", "valkey"):
            self._parts[name].tend()
        self._copy_tables()
        printed = self.run("-c", prepare).stdout
        self.tend()
        return json.loads(printed)

    def _copy_tables(self) -> None:
        programs = installed_packages() / PROGRAMS
        dump = [f"{programs}/pg_dump", "--no-owner", environment()["DATABASE_URL"]]
        restore = [f"{programs}/psql", "--single-transaction", "--set", "ON_ERROR_STOP=1", self._postgres.url]
        dumped = subprocess.run(dump, stdout=subprocess.PIPE, check=False)
        if dumped.returncode:  # as by a given server that is newer than ours
            self.run("manage.py", "migrate", "--verbosity", "0")
        else:
            subprocess.run(restore, input=dumped.stdout, stdout=subprocess.DEVNULL, check=True)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Python with these arguments, in the environment of the deployment; it must succeed."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def kill(self, name: str) -> None:
        """kill -9 and all of its processes; PostgreSQL is stopped at once, as a power failure would."""
        unit = self._parts[name]
        self.tend_until(lambda: unit.child is not None and unit.child.process.poll() is None, what=f"{name} is up")
        assert unit.child is not None
        unit.restart_soon()  # each kill is the first one: the pause before the next start does not grow
        if name == "postgres":
            unit.child.process.send_signal(signal.SIGQUIT)
        else:
            os.killpg(unit.child.process.pid, signal.SIGKILL)
        unit.child.process.wait()

    def pause(self, name: str, seconds: float) -> None:
        """Freeze all processes of a part (SIGSTOP) for so long."""
        child = self._parts[name].child
        assert child is not None
        os.killpg(child.process.pid, signal.SIGSTOP)
        until = time.monotonic() + seconds
        self.tend_until(lambda: time.monotonic() > until, what="the pause is over")
        os.killpg(child.process.pid, signal.SIGCONT)

    def pid(self, name: str) -> int:
        """Of a part that runs; what it started is below it."""
        child = self._parts[name].child
        assert child is not None
        return child.process.pid

    def tend(self) -> None:
        """Start again what has died."""
        for unit in self._parts.values():
            unit.tend()

    def tend_until(self, done: Callable[[], bool], *, what: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}; see {self._log}"
            self.tend()
            time.sleep(TICK)

    def drain(self, left: str, *, seconds: float) -> None:
        """Tend until the query `left`, a count, says 0."""
        with psycopg.connect(self._postgres.url, autocommit=True) as connection:
            count = left.encode()
            self.tend_until(lambda: connection.execute(count).fetchone() == (0,), what="all is done", seconds=seconds)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What PostgreSQL itself says."""
        with psycopg.connect(self._postgres.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def _start(self, spec: Spec) -> Child:
        return self._children.start(replace(spec, env={**(spec.env or {}), **self._env}, log=self._log))


@contextlib.contextmanager
def deployed(folder: Path, **env: str) -> Iterator[Deployment]:
    """A deployment whose parts are not started yet, with these settings; nothing of it is left afterwards."""
    with contextlib.ExitStack() as stack:
        children = Children()
        deployment = Deployment(folder, children, **env)
        stack.callback(deployment.remove)
        stack.enter_context(children)
        yield deployment
