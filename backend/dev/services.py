"""The two servers a command needs: the ones it was given, if not too old, or embedded ones for as long as it runs."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import environ
import psycopg
import redis

from backend.dev import output
from backend.dev.output import DevError
from backend.dev.postgres import Postgres
from backend.dev.processes import Child, Children
from backend.dev.state import BusyError, State
from backend.dev.valkey import Valkey

OLDEST_POSTGRES = 15
OLDEST_REDIS = (7, 0)
OLDEST_VALKEY = (7, 2)
CONNECT_SECONDS = 5


class Services:
    """What DATABASE_URL and REDIS_URL do not name is started here; afterwards both are in the environment."""

    def __init__(self, state: State, children: Children, *, fast: bool = False) -> None:
        self._state = state
        self._children = children
        self._fast = fast
        self.running: list[tuple[Postgres | Valkey, Child]] = []
        self.created = False

    def start(self) -> None:
        """Raises DevError when a server does not start."""
        try:
            if not os.environ.get("REDIS_URL"):
                os.environ["REDIS_URL"] = self._start_valkey().url
            if not os.environ.get("DATABASE_URL"):
                postgres = Postgres(self._state, self._children, fast=self._fast)
                self.running.append((postgres, self.start_one(postgres)))
                self.created = postgres.created
                os.environ["DATABASE_URL"] = postgres.url
        except PermissionError as error:
            raise DevError(f"No access to {error.filename}; another user may have made it.") from error

    def start_one(self, server: Postgres | Valkey) -> Child:
        """Returns when it answers; DevError when it ends first or takes too long."""
        child = self._children.start(server.prepare())
        deadline = time.monotonic() + server.patience
        while child.process.poll() is None and time.monotonic() < deadline:
            if server.answers():
                return child
            time.sleep(0.02)
        self._children.stop([child], patience=2)
        raise DevError(server.failure())

    def _start_valkey(self, attempts: int = 3) -> Valkey:
        """More than one attempt: somebody else may take the free port first."""
        valkey = Valkey(self._state)
        try:
            self.running.append((valkey, self.start_one(valkey)))
        except DevError:
            if attempts == 1:
                raise
            return self._start_valkey(attempts - 1)
        return valkey


@contextlib.contextmanager
def for_command(state: State, command: str) -> Iterator[bool]:
    """Servers for an ordinary Django command; yields whether the database is new and empty.

    Those of a running `dev` or of another command when there is one.
    """
    os.environ.setdefault("EMAIL_FILE_PATH", str(state.mails))
    try:
        with state.held(command), Children() as children:
            services = Services(state, children)
            with output.progress("starting the database", stream=sys.stderr, quiet_for=1):
                services.start()
            publish(state, command=command)
            try:
                yield services.created
            finally:
                state.wait_for_guests()
    except BusyError:
        with state.borrowed() as record:
            for name in ("DATABASE_URL", "REDIS_URL"):
                os.environ[name] = os.environ.get(name) or record[name.lower()]
            yield False


def publish(state: State, **about: object) -> None:
    """Tell other commands of this checkout where the servers are."""
    urls = {"database_url": os.environ["DATABASE_URL"], "redis_url": os.environ["REDIS_URL"]}
    state.write_record(pid=os.getpid(), **about, **urls)


def check_servers(database_url: str, redis_url: str) -> None:
    """Raises DevError, without any password in it, when a server is too old or cannot be reached."""
    check_postgres(database_url)
    check_redis(redis_url)


def check_postgres(url: str) -> None:
    config = environ.Env.db_url_config(url)
    place = f"{config['HOST'] or 'the local socket'}, database {config['NAME']}"
    try:
        with psycopg.connect(**connection_arguments(config), connect_timeout=CONNECT_SECONDS) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        raise DevError(f"DATABASE_URL: cannot connect to PostgreSQL ({place}): {_first_line(error)}") from error
    if version < OLDEST_POSTGRES * 10_000:
        raise DevError(
            f"DATABASE_URL: PostgreSQL {version // 10_000} is too old; {OLDEST_POSTGRES} or newer is needed."
        )


def connection_arguments(config: dict[str, Any]) -> dict[str, Any]:
    """Django's database settings as arguments of psycopg.connect."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {argument: config[key] for argument, key in named.items() if config.get(key)}
    return {**config.get("OPTIONS", {}), **given}


def check_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        ) as client:
            info: dict[str, Any] = client.info("server")
    except (redis.RedisError, ValueError) as error:
        raise DevError(f"REDIS_URL: cannot use the server: {_first_line(error)}") from error
    check_redis_version(info)


def check_redis_version(info: dict[str, Any]) -> None:
    """`info` is the server section of INFO; Valkey reports a Redis version too, which says nothing about its own."""
    name, key, oldest = "Redis", "redis_version", OLDEST_REDIS
    if "valkey_version" in info:
        name, key, oldest = "Valkey", "valkey_version", OLDEST_VALKEY
    version = tuple(int(part) for part in str(info[key]).split(".")[:2])
    if version < oldest:
        needed = ".".join(str(part) for part in oldest)
        raise DevError(f"REDIS_URL: {name} {info[key]} is too old; {needed} or newer is needed.")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
