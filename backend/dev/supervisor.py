"""`manage.py dev`: the whole product on this machine, kept alive and reloaded, and gone when this process is."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import environ

from backend.dev import output, units
from backend.dev.output import DevError
from backend.dev.processes import Child, Children, Spec
from backend.dev.state import ROOT, State, default_folder
from backend.dev.units import UNMIGRATED, Unit

TICK = 0.1  # seconds
LOOK = 0.5  # seconds between two looks at the sources: 2 ms each, and it works on every file system, network ones too
PATIENCE = 3.5  # seconds for the processes that use the servers, before the servers get the rest of ten
FOLDERS = ("backend", "schema", "domains")
SEEDED = re.compile(r"\w+: ")  # what a domain tells of its rows
NOT_SOURCE = {"__pycache__", "node_modules", "dist"}


def main(arguments: list[str]) -> int:
    """Run until stopped; returns the exit status, 0 for a stop by signal."""
    parser = argparse.ArgumentParser(prog="manage.py dev", description="Run database, worker, relay and web server.")
    parser.add_argument("--port", type=int, default=8000, help="of 127.0.0.1, for the web server (8000)")
    parser.add_argument("--no-reload", dest="reload", action="store_false", help="ignore changes of the code")
    parser.add_argument("--state-dir", type=Path, default=default_folder(), help="for the database and mails (.state)")
    options = parser.parse_args(arguments)
    os.umask(0o077)  # mails, logs and records are of people: for their owner's eyes only, whichever process writes them
    state = State(options.state_dir)
    url = f"http://127.0.0.1:{options.port}/graphql"
    with state.held("dev", url=url):
        check_port(options.port)
        stop_by_signal()
        with Children() as children:
            Supervisor(state, children, options.port, url, reload=options.reload).run()
    return 0


def check_port(port: int) -> None:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise DevError(
            f"Port {port} of 127.0.0.1 cannot be used: {getattr(error, 'strerror', None) or error}."
            f" Give another one: manage.py dev --port {port % 65535 + 1}"
        ) from error


def stop_by_signal() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays in force
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave by an exception, once; the way out is not to be interrupted."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    output.line("stopping", name="dev")
    sys.exit(0)


class Supervisor:
    """Brings everything up in order, then tends it for ever."""

    def __init__(self, state: State, children: Children, port: int, url: str, *, reload: bool) -> None:
        self._state = state
        self._children = children
        self._port = port
        self._url = url
        self._servers: list[Unit] = []
        self._apps: list[Unit] = []
        self._sources = Sources() if reload else None
        self._next_look = 0.0

    def run(self) -> None:
        self._state.mails.mkdir(exist_ok=True)
        self._state.mails.chmod(0o700)  # those of earlier versions were open
        os.environ.setdefault("EMAIL_FILE_PATH", str(self._state.mails))
        os.environ.setdefault("FRONTEND_URL", f"http://127.0.0.1:{self._port}")
        os.environ.setdefault("DEMO_IMAGES_URL", f"http://127.0.0.1:{self._port}/demo/images")
        graphiql = self._children.start(units.graphiql()) if environ.Env().bool("GRAPHIQL", default=True) else None
        try:
            self._start_servers()
            self._apps = [self._unit(partial(units.web, self._port))]  # on another core it imports what it serves
            seed = self._run_once(units.manage("seed", "seed", "demo", "--migrate"))
            if seed.process.returncode == UNMIGRATED:
                raise DevError("`manage.py migrate` failed; see its lines above.")
            self._apps += map(
                self._unit,
                (
                    partial(units.worker, "money", "--queues", units.MONEY),
                    partial(units.worker, "worker", "--exclude-queues", units.MONEY),
                    partial(units.manage, "relay", "relay"),
                ),
            )
            self._tend_until(self._answers, "waiting for the first answer of the web server")
            self._announce(self._page_state(graphiql), seed)
            self._tend_until(lambda: False, None)
        finally:
            self._children.stop([unit.child for unit in self._apps if unit.child], patience=PATIENCE)

    def _start_servers(self) -> None:
        # Only now: with them come the clients of both servers, and a `dev` that cannot run says so without them.
        from backend.dev.services import Services, check_servers, publish

        services = Services(self._state, self._children)
        with output.progress("starting PostgreSQL and Valkey"):
            services.start()
        check_servers(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
        publish(self._state, command="dev", url=self._url)
        for server, child in services.running:
            self._servers.append(Unit(self._children, partial(services.start_one, server), child))

    def _unit(self, spec: Callable[[], Spec]) -> Unit:
        return Unit(self._children, lambda: self._children.start(spec()))

    def _run_once(self, spec: Spec) -> Child:
        child = self._children.start(spec)
        self._tend_until(lambda: child.process.poll() is not None, f"running {spec.name}")
        self._children.forget(child)
        return child

    def _tend_until(self, done: Callable[[], bool], what: str | None) -> None:
        with output.progress(what, quiet_for=1.0) if what else contextlib.nullcontext():
            while not done():
                self._tend()
                time.sleep(TICK)

    def _tend(self) -> None:
        for unit in (*self._servers, *self._apps):
            unit.tend()
        if self._sources is not None and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK
            if changed := self._sources.changed():
                self._reload(changed)

    def _reload(self, changed: list[str]) -> None:
        output.line(f"reloading after a change of {', '.join(changed[:3])}{' ...' * (len(changed) > 3)}", name="dev")
        running = [unit.child for unit in self._apps if unit.child]
        for child in running:
            self._children.ask_to_stop(child)
        deadline = time.monotonic() + PATIENCE
        for unit in self._apps:
            if unit.child is not None:
                self._children.await_end(unit.child, deadline)
            unit.child = None
            unit.restart_soon()
            unit.tend()

    def _answers(self) -> bool:
        """Whether a real query is answered."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)) as connection:
            try:
                connection.request("POST", "/graphql", '{"query": "{ __typename }"}', headers)
                return bool(json.load(connection.getresponse()).get("data"))
            except (OSError, http.client.HTTPException, ValueError):
                return False

    def _page_state(self, build: Child | None) -> str:
        """Wait for GraphiQL's build; whether it succeeds changes nothing else."""
        if build is None:
            return "switched off (GRAPHIQL)"
        self._tend_until(lambda: build.process.poll() is not None, "building GraphiQL")
        self._children.forget(build)
        if build.process.returncode == 0:
            return f"{self._url} in a browser"
        return f"not available: {build.lines[-1] if build.lines else 'the build gave no reason'}"

    def _announce(self, page: str, seed: Child) -> None:
        output.line(f"GraphiQL: {page}", name="dev")
        for text in filter(SEEDED.match, seed.lines):  # again: by now they have scrolled away
            output.line(text, name=seed.spec.name)
        output.line(f"mails land in {os.environ['EMAIL_FILE_PATH']}; Ctrl-C stops everything", name="dev")
        output.line(f"ready: {self._url}")


class Sources:
    """The Python files of the checkout and `.env`, as last seen."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._seen = self._look()

    def changed(self) -> list[str]:
        """Paths, relative to the checkout, that changed, came or went since the last call."""
        before, self._seen = self._seen, self._look()
        return sorted({os.path.relpath(path, self._root) for path, _ in before.items() ^ self._seen.items()})

    def _look(self) -> dict[str, int]:
        found: dict[str, int] = {}
        paths = [str(self._root / ".env")]
        for name in FOLDERS:
            for folder, folders, files in os.walk(self._root / name):
                folders[:] = [name for name in folders if name not in NOT_SOURCE]
                paths += [os.path.join(folder, name) for name in files if name.endswith(".py")]
        for path in paths:
            with contextlib.suppress(OSError):
                found[path] = os.stat(path).st_mtime_ns
        return found
