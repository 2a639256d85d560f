"""The database of a run: made and seeded once for each size, kept as a template, copied for each run.

PostgreSQL 18 with its own settings (fsync, synchronous_commit and full_page_writes on), but autovacuum off, so that no
server pays for what another one has written, and 200 connections. Valkey keeps nothing on disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.postgres import NAME, Postgres
from backend.dev.processes import Child
from backend.dev.state import ROOT
from backend.dev.valkey import Valkey

SECONDS_FOR_A_MILLION = 600  # roughly, products and orders together: measured on two cores
# The rows fit together as they are made: nothing is looked up for each, and a crash means that it is done again.
SEEDING = {
    "DJANGO_SETTINGS_MODULE": "backend.settings.local",
    "PGOPTIONS": "-c session_replication_role=replica -c synchronous_commit=off",
}
BUDGET = 1_000_000_000  # cost units of an account; ten times that of the one address that asks
SECRET_KEY, TOKEN_KEY = secrets.token_hex(32), secrets.token_hex(32)
# BEGIN, COMMIT and settings are not counted, nor what the sandbox provider says in its own tables.
COUNTED = re.compile(
    r"LOG:  (?:statement|execute [^:]*): (?!begin|commit|rollback|savepoint|release|set |start |select set_config)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Size:
    products: int
    orders: int

    @property
    def template(self) -> str:
        """Another name when migrations or seeds have changed."""
        folders = ("domains/*/migrations", "tests/benchmarks/seeding")
        files = [Path(__file__), *(file for folder in folders for file in sorted(ROOT.glob(f"{folder}/*.py")))]
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]
        return f"shop_{self.products}_{self.orders}_{digest}"


class Database:
    """The embedded PostgreSQL of the run, and the copies of templates in it."""

    def __init__(self, postgres: Postgres, child: Child, redis_url: str) -> None:
        self._postgres = postgres
        self._redis_url = redis_url
        self.pid = child.process.pid
        with self._connected() as connection:
            connection.execute("ALTER SYSTEM SET autovacuum = off")
            connection.execute("SELECT pg_reload_conf()")

    def environment(self, name: str) -> dict[str, str]:
        """Of a server in production, on the database `name`: one process, larger budgets, tokens for a day."""
        return {
            **os.environ,
            "DATABASE_URL": self.url(name),
            "REDIS_URL": self._redis_url,
            "REDIS_PREFIX": f"{name}:",
            "DJANGO_SETTINGS_MODULE": "backend.settings.production",
            "SECRET_KEY": SECRET_KEY,
            "JWT_KEYS": f"bench={TOKEN_KEY}",
            "JWT_ACCESS_TOKEN_LIFETIME": "1440",
            "ALLOWED_HOSTS": "127.0.0.1",
            "FRONTEND_URL": "https://shop.example",
            "PAYMENT_GATEWAY": "sandbox",
            "SECURE_SSL_REDIRECT": "False",
            "BUDGET_ACCOUNT": str(BUDGET),
            "BUDGET_ADDRESS": str(10 * BUDGET),
            "MALLOC_MMAP_THRESHOLD_": "1048576",
            "PYTHONUNBUFFERED": "1",
        }

    def url(self, name: str) -> str:
        return self._postgres.url.replace(f"/{NAME}?", f"/{name}?")

    def make(self, name: str, size: Size) -> None:
        """A fresh copy of the shop of this size, under this name."""
        if not self._exists(size.template):
            self._seed(size)
        with self._connected() as connection:
            self._drop(connection, name)
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(size.template)
                )
            )
            connection.execute("CHECKPOINT")

    def drop(self, name: str) -> None:
        with self._connected() as connection:
            self._drop(connection, name)

    def facts(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """What the requests are made of; see `facts`."""
        variants: dict[str, list[dict[str, Any]]] = json.loads(self._run(name, "-m", "tests.benchmarks.bench.facts"))
        return variants

    def apply(self, name: str, file: Path) -> None:
        """The statements of a file."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(file.read_bytes())

    def log_statements(self, *, on: bool) -> None:
        with self._connected() as connection:
            connection.execute(f"ALTER SYSTEM SET log_statement = '{'all' if on else 'none'}'".encode())
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)  # until each backend has heard

    def counted(self, offset: int) -> int:
        """Statements in the log since this place in it."""
        lines = self._postgres.log.read_bytes()[offset:].decode(errors="replace").split("\n20")  # each begins a year
        return sum(bool(COUNTED.search(line)) and "payments_sandbox" not in line for line in lines)

    @property
    def log_size(self) -> int:
        return self._postgres.log.stat().st_size

    def _seed(self, size: Size) -> None:
        output.line(
            f"seeding {size.products:,} products and {size.orders:,} orders, once: {_estimate(size)}", name="bench"
        )
        fresh = "shop_unfinished"
        with self._connected() as connection:
            self._drop(connection, fresh)
            for (old,) in connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"shop\\_{size.products}\\_{size.orders}\\_%"]
            ).fetchall():
                self._drop(connection, old)
            connection.execute(f"CREATE DATABASE {fresh}".encode())
        self._run(fresh, "-m", "django", "migrate", "--verbosity", "0")
        with psycopg.connect(self.url(fresh), autocommit=True) as connection:  # fills a column: no row goes without it
            connection.execute("ALTER TABLE products_product ENABLE ALWAYS TRIGGER products_product_search")
        numbers = ["--products", str(size.products), "--orders", str(size.orders)]
        self._run(fresh, "-m", "django", "seed", "bench", *numbers, **SEEDING)
        with psycopg.connect(self.url(fresh), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        with self._connected() as connection:
            connection.execute(f"ALTER DATABASE {fresh} RENAME TO {size.template}".encode())

    def _run(self, name: str, *arguments: str, **env: str) -> str:
        command, env = [sys.executable, *arguments], {**self.environment(name), **env}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DevError(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def _exists(self, name: str) -> bool:
        with self._connected() as connection:
            return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())

    @staticmethod
    def _drop(connection: psycopg.Connection[Any], name: str) -> None:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url("postgres"), autocommit=True)


def redis_pid(running: list[tuple[Postgres | Valkey, Child]]) -> int:
    return next(child.process.pid for server, child in running if isinstance(server, Valkey))


def _estimate(size: Size) -> str:
    seconds = SECONDS_FOR_A_MILLION * (size.products + 2 * size.orders) / 3_000_000
    return f"about {max(1, round(seconds / 60))} min"
