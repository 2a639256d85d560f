"""The servers of a run: ours as production runs it, the comparators, and peers that somebody else has started."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from backend.dev.output import DevError
from backend.dev.processes import Children, Spec
from backend.dev.state import ROOT
from backend.dev.units import WEB_SERVER
from tests.benchmarks.bench import usage
from tests.benchmarks.bench.requests import is_asked
from tests.benchmarks.bench.shop import Database
from tests.processes import free_port

PEERS = ROOT / "tests" / "benchmarks" / "peers"
QUERIES = ROOT / "tests" / "benchmarks" / "queries"
THREADS = "16"  # as WEB_THREADS
COMPILED = 3_000  # requests of a workload until a server that compiles while it runs is warm
PATIENCE = 120.0  # seconds to start


@dataclass(frozen=True, slots=True)
class Server:
    """`pid` is that of the parent of its processes; None when it is not of this machine."""

    name: str
    url: str
    pid: int | None
    queries: Path
    database: str
    but: tuple[str, ...] = ()
    warm: int = COMPILED

    def knows(self, workload: str) -> bool:
        """Whether it is asked for it."""
        return workload not in self.but and is_asked(self.queries, workload)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a server is started on a port."""

    command: Callable[[str], list[str]]
    queries: Path
    what: str
    settings: str = "backend.settings.production"
    path: str = ""
    folder: Path = ROOT
    sql: tuple[Path, ...] = ()  # what it needs in the database
    but: tuple[str, ...] = ()  # workloads of the folder that it does not know
    warm: int = 100
    needs: Path | None = None  # what has to be there, see the README beside it


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
        _granian(*_WSGI, "--factory", "django.core.wsgi:get_wsgi_application"),
        QUERIES / "rest",
        "Django REST framework",
        settings="tests.benchmarks.peers.drf.settings",
    ),
    "floor": Kind(
        _granian("--interface", "asgi", "--http", "1", "--no-ws", "tests.benchmarks.peers.floor:application"),
        QUERIES / "rest",
        "the floor: bare ASGI, one statement that makes the JSON",
        sql=(PEERS / "placing.sql",),
        but=("sign-in",),
    ),
    "postgraphile": Kind(
        lambda port: ["env", "NODE_ENV=production", "GRAPHILE_ENV=production", "node", "server.mjs"],
        PEERS / "postgraphile" / "queries",
        "PostGraphile 5 with row-level security",
        path="/graphql",
        folder=PEERS / "postgraphile",
        sql=(PEERS / "placing.sql", PEERS / "postgraphile" / "access.sql"),
        warm=COMPILED,
        needs=PEERS / "postgraphile" / "node_modules",
    ),
}


def start(children: Children, database: Database, kind: str, name: str, shop: str, logs: Path) -> Server:
    """Start one on the database `shop`. Raises DevError when something that it needs is not there."""
    about, port = KINDS[kind], free_port()
    if about.needs and not about.needs.exists():
        raise DevError(f"there is no {about.needs.relative_to(ROOT)}; the README beside it says how to make it")
    for file in about.sql:
        database.apply(shop, file)
    env = {**database.environment(shop), "DJANGO_SETTINGS_MODULE": about.settings, "PORT": str(port)}
    log = logs / f"{name}.log"
    log.unlink(missing_ok=True)
    child = children.start(Spec(name=name, command=about.command(str(port)), env=env, cwd=about.folder, log=log))
    url = f"http://127.0.0.1:{port}{about.path}"
    return Server(name, url, child.process.pid, about.queries, shop, about.but, about.warm)


def peer(name: str, url: str, queries: Path, shop: str) -> Server:
    """One that somebody has started, or is about to."""
    return Server(name, url, None, queries, shop)


def ready(server: Server) -> Server:
    """It, with its process, as soon as it answers. Raises DevError when it does not within PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not _answers(server.url):
        if time.monotonic() > deadline:
            raise DevError(f"{server.name} does not answer at {server.url} within {PATIENCE:.0f} s.")
        time.sleep(0.1)
    return replace(server, pid=server.pid or usage.listener(urlsplit(server.url).port or 80))


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        pass  # whatever it says: it speaks
    except OSError:
        return False
    return True
