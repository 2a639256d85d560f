"""Django's `migrate`, for a shop that is busy: it waits shortly for a lock, and tries again.

A statement that changes a table waits for every transaction that uses it, and everybody else waits behind the
statement. So none waits longer than LOCK_SECONDS, which is less than a read of a web process does (1 s): those behind
it go on, and it is tried again after a pause, or where it is part of a larger transaction the whole migration. One
process migrates at a time.

Connect it to the server itself: the limit belongs to a session, which PgBouncer does not keep in transaction mode.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import TransactionStatus

LOCK_SECONDS = 0.5
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0  # seconds; each is twice the one before
TRIES = 60  # with these pauses about ten minutes
OTHERS_SECONDS = 3_600.0  # until another process that migrates is no longer waited for
SHOWN = 100  # characters of a statement
# What locks no whole table against others: these wait as long as they must.
_PATIENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|SET|SHOW)\b|.*\bCONCURRENTLY\b", re.IGNORECASE | re.DOTALL)
_MINE = "SELECT pg_try_advisory_xact_lock(hashtext('ordergraph migrate'))"
_RIVALS = """SELECT pg_stat_clear_snapshot()::text, pid, usename, application_name, state,
    extract(epoch FROM clock_timestamp() - xact_start)::int
    FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids(%s))"""

type Watcher = psycopg.Connection[Any]


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when a lock was not had in TRIES, which names the statement and who was in its way."""
        connection = connections[options["database"]]
        if connection.in_atomic_block or options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        with self._alone(connection) as watcher:
            patience = Patience(watcher, self.stderr.write)
            with connection.execute_wrapper(patience):
                # What was applied stays so, and one whose transaction was rolled back is begun anew.
                patience.tried(lambda: super(Command, self).handle(*args, **options))

    @contextmanager
    def _alone(self, connection: BaseDatabaseWrapper) -> Iterator[Watcher]:
        """Another connection, which holds the right to migrate in an open transaction, and may look around.

        It asks for the right again and again. A statement that waited for it would in its turn be waited for, by what
        the other process makes CONCURRENTLY.
        """
        with connection.get_new_connection(connection.get_connection_params()) as watcher:
            watcher.autocommit = False
            watcher.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
            deadline, pause = time.monotonic() + OTHERS_SECONDS, FIRST_PAUSE
            while watcher.execute(_MINE).fetchone() != (True,):
                if time.monotonic() > deadline:
                    raise CommandError("Another process migrates this database, and has not finished in an hour.")
                self.stderr.write("Another process migrates this database; waiting for it.")
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            yield watcher


class Patience:
    """Around each statement of a migration. `tried` again is one that is a transaction of its own; or the whole."""

    def __init__(self, watcher: Watcher, tell: Callable[[str], object]) -> None:
        self._watcher = watcher
        self._tell = tell
        self._waited = ""  # which statement, and for whom

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        connection = context["connection"].connection
        if _PATIENT.match(sql):
            return execute(sql, params, many, context)
        if context["connection"].in_atomic_block:
            connection.execute(f"SET LOCAL lock_timeout = {LOCK_SECONDS * 1000:.0f}")  # also for what follows in it
            with self._watching(connection, sql):
                return execute(sql, params, many, context)

        def alone() -> Any:
            connection.execute(f"SET lock_timeout = {LOCK_SECONDS * 1000:.0f}")
            try:
                with self._watching(connection, sql):
                    return execute(sql, params, many, context)
            finally:
                if connection.info.transaction_status == TransactionStatus.INERROR:  # of a BEGIN among its statements
                    connection.execute("ROLLBACK")
                connection.execute("RESET lock_timeout")

        return self.tried(alone)

    def tried(self, call: Callable[[], Any]) -> Any:
        """What it returns, when its locks were had. Raises CommandError when they were not in TRIES."""
        for number in range(TRIES):
            try:
                return call()
            except OperationalError as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
            self._tell(f"{self._waited}. Try {number + 1} of {TRIES}.")
            time.sleep(min(FIRST_PAUSE * 2**number, LONGEST_PAUSE))
        raise CommandError(f"{self._waited}. Nothing is half done: end that transaction, and migrate again.")

    @contextmanager
    def _watching(self, connection: Watcher, sql: str) -> Iterator[None]:
        """Look who is in its way before it gives up: afterwards nobody can tell."""
        self._waited = f"{' '.join(sql.split())[:SHOWN]} waited {LOCK_SECONDS} s for a lock"
        timer = threading.Timer(LOCK_SECONDS / 2, self._look, [connection.info.backend_pid])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _look(self, pid: int) -> None:
        with suppress(psycopg.Error):
            rivals = self._watcher.execute(_RIVALS, [pid]).fetchall()
            self._waited += "".join(
                f", held by process {rival} ({user}, {name or 'no name'}, {state}, for {seconds} s)"
                for _, rival, user, name, state, seconds in rivals
            )
