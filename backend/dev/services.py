"""The two servers a command needs: the ones it was given, or embedded ones for as long as it runs."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from backend.dev import output
from backend.dev.environment import given
from backend.dev.errors import DevError
from backend.dev.postgres import Postgres
from backend.dev.processes import Child, Children
from backend.dev.state import BusyError, State
from backend.dev.valkey import Valkey

ATTEMPTS = 3  # somebody else may take the free port first


class Services:
    """What DATABASE_URL and REDIS_URL do not name is started here; afterwards both are in the environment."""

    def __init__(self, state: State, children: Children, *, fast: bool = False) -> None:
        self._state = state
        self._children = children
        self._fast = fast
        self.running: list[tuple[Postgres | Valkey, Child]] = []
        self.created = False

    def start(self) -> None:
        try:
            self._start()
        except PermissionError as error:
            raise DevError(f"No access to {error.filename}; another user may have made it.") from error

    def _start(self) -> None:
        if not given("REDIS_URL"):
            os.environ["REDIS_URL"] = self._start_valkey().url
        if not given("DATABASE_URL"):
            postgres = Postgres(self._state, self._children, fast=self._fast)
            self.running.append((postgres, self.start_one(postgres)))
            self.created = postgres.created
            os.environ["DATABASE_URL"] = postgres.url

    def start_one(self, server: Postgres | Valkey) -> Child:
        server.prepare()
        child = self._children.start(server.spec())
        try:
            server.wait_until_ready(child)
        except DevError:
            self._children.stop([child], patience=2)
            raise
        return child

    def _start_valkey(self) -> Valkey:
        for attempt in range(1, ATTEMPTS + 1):
            valkey = Valkey(self._state)
            try:
                self.running.append((valkey, self.start_one(valkey)))
                return valkey
            except DevError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")


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
