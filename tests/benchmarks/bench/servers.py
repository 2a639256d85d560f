"""The servers of a run: ours as production runs it, the comparators, and peers that somebody else has started."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from backend.dev.output import DevError
from backend.dev.processes import Children, Spec
from backend.dev.state import ROOT
from backend.dev.units import WEB_SERVER
from tests.benchmarks.bench import usage
from tests.benchmarks.bench.shop import Database
from tests.processes import free_port

PEERS = ROOT / "tests" / "benchmarks" / "peers"
QUERIES = ROOT / "tests" / "benchmarks" / "queries"
THREADS = "16"  # as WEB_THREADS
PATIENCE = 60.0  # seconds to start


@dataclass(frozen=True, slots=True)
class Server:
    """`pid` is that of the parent of its processes; None when it is not of this machine."""

    name: str
    url: str
    pid: int | None
    queries: Path
    database: str


@dataclass(frozen=True, slots=True)
class Kind:
    """How a server is started on a port."""

    command: Callable[[str], list[str]]
    queries: Path
    what: str
    settings: str = "backend.settings.production"
    path: str = ""
    folder: Path = ROOT
    sql: Path | None = None  # what it needs in the database
    missing: Callable[[], str] = lambda: ""  # why it cannot be started here


def _granian(*options: str) -> Callable[[str], list[str]]:
    return lambda port: [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", port, *options]


_OURS = _granian(*WEB_SERVER, "backend.asgi:application")
_WSGI = ("--interface", "wsgi", "--http", "1", "--blocking-threads", THREADS, "--blocking-threads-idle-timeout", "600")
KINDS = {
    "ours": Kind(_OURS, QUERIES / "ordergraph", "Ordergraph as in production, one process", path="/graphql"),
    "core": Kind(
        _OURS,
        QUERIES / "ordergraph",
        "Ordergraph with graphql-core's own executor",
        settings="tests.benchmarks.peers.core",
        path="/graphql",
    ),
    "drf": Kind(
        _granian(*_WSGI, "tests.benchmarks.peers.drf.wsgi:application"),
        QUERIES / "rest",
        "Django REST framework",
        settings="tests.benchmarks.peers.drf.settings",
    ),
    "floor": Kind(
        _granian("--interface", "asgi", "--http", "1", "--no-ws", "tests.benchmarks.peers.floor:application"),
        QUERIES / "rest",
        "the floor: bare ASGI, one statement that makes the JSON",
    ),
}


def start(children: Children, database: Database, kind: str, name: str, shop: str, logs: Path) -> Server:
    """Start one on the database `shop`; returns when it answers. Raises DevError."""
    about, port = KINDS[kind], free_port()
    if reason := about.missing():
        raise DevError(reason)
    if about.sql is not None:
        database.apply(shop, about.sql)
    env = {**database.environment(shop), "DJANGO_SETTINGS_MODULE": about.settings, "PORT": str(port)}
    log = logs / f"{name}.log"
    child = children.start(Spec(name=name, command=about.command(str(port)), env=env, cwd=about.folder, log=log))
    url = f"http://127.0.0.1:{port}{about.path}"
    if not _answers_in_time(url, lambda: child.process.poll() is None):
        children.stop([child], patience=2)
        raise DevError(f"{name} did not start: {log} may say why.")
    return Server(name, url, child.process.pid, about.queries, shop)


def peer(name: str, url: str, queries: Path, shop: str) -> Server:
    """One that somebody has started, or is about to. Raises DevError when it does not answer within PATIENCE."""
    if not _answers_in_time(url, lambda: True):
        raise DevError(f"{name} does not answer at {url}.")
    return Server(name, url, usage.listener(urlsplit(url).port or 80), queries, shop)


def _answers_in_time(url: str, lives: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while lives() and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return True  # whatever it says: it speaks
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
