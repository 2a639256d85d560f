"""Django's PostgreSQL engine, whose statements end with their request, and in time when the server says nothing at all.

A server that is frozen keeps no limit of its own, and the kernel acknowledges its packets, so no TCP setting notices.
OPTIONS["silence"] says how many seconds it may be silent; None, as in commands and workers, is for ever.

Before a request uses its connection Django asks the server whether it is there, which costs a statement a request. A
connection that answered a moment ago is only looked at here: a server that has left since then has closed it.
"""

from __future__ import annotations

import select
import time
from types import ModuleType
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import errors, waiting
from psycopg.abc import PQGen

from domains.common.guard import computing, deadline

LOOK_SECONDS = 0.1  # between two looks at the deadline, while the server works
CANCEL_SECONDS = 1.0
SILENT = "the database does not answer"
TRUSTED_SECONDS = 1.0  # since the last answer; what cuts connections without a word takes longer
WRITING_SECONDS = 4.0  # more than a read has: the statements of a transaction have a longer limit


class Connection(psycopg.Connection[Any]):
    """Raises OperationalError and closes when the server is silent for too long, Stopped when the request is over."""

    silence: float | None = None
    was_silent = False
    answered_at = float("-inf")  # on the monotonic clock

    def wait[R](self, gen: PQGen[R], interval: float = LOOK_SECONDS, timeout: float | None = None) -> R:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        deadline.check()
        paused = computing.pause()
        try:
            answer = self._waited(gen, interval)
        finally:
            if paused:
                computing.resume()
        self.answered_at = time.monotonic()
        return answer

    def _waited[R](self, gen: PQGen[R], interval: float) -> R:
        began, resumed = time.monotonic(), gen
        while True:
            try:
                return super().wait(resumed, interval, LOOK_SECONDS)
            except errors._WaitTimeout:
                self._look(gen, time.monotonic() - began)
                resumed = _resumed(gen)

    def surely_lives(self) -> bool:
        """Whether the server answered within TRUSTED_SECONDS and has sent nothing since, not even that it closes."""
        if self.closed or time.monotonic() - self.answered_at > TRUSTED_SECONDS:
            return False
        socket = select.poll()
        socket.register(self.fileno(), select.POLLIN)
        return not socket.poll(0)

    def _look(self, gen: PQGen[Any], waited: float) -> None:
        try:
            deadline.check()
        except deadline.Stopped:
            self._cancel(gen)
            raise
        if self.silence is not None and waited > self.silence + (0 if self.autocommit else WRITING_SECONDS):
            self.was_silent = True
            self.close()
            raise psycopg.OperationalError(SILENT)

    def _cancel(self, gen: PQGen[Any]) -> None:
        """End the running statement, or else the connection."""
        try:
            self.cancel_safe(timeout=CANCEL_SECONDS)
            super().wait(gen, timeout=CANCEL_SECONDS)
        except errors.QueryCanceled:
            pass
        except psycopg.OperationalError:  # neither of the two was answered in time
            self.close()


def _resumed[R](gen: PQGen[R]) -> PQGen[R]:
    """The rest of what was waited for before: it is told that nothing has become ready, where a new one is told None.

    What is being sent looks at what it is told.
    """
    ready: int = waiting.Ready.NONE
    try:
        while True:
            ready = yield gen.send(ready)
    except StopIteration as ended:
        result: R = ended.value
        return result


_driver = ModuleType(psycopg.__name__)
vars(_driver).update(vars(psycopg), connect=Connection.connect)


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects with `Connection`."""

    Database = _driver
    health_check_done: bool

    def get_connection_params(self) -> dict[str, Any]:
        """Without what the driver knows nothing of."""
        params: dict[str, Any] = super().get_connection_params()
        params.pop("silence", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """With the silence that is allowed."""
        connection: Connection = super().get_new_connection(conn_params)
        connection.silence = self.settings_dict["OPTIONS"].get("silence")
        return connection

    def close_if_health_check_failed(self) -> None:
        """Of a server that said nothing the request is told at once: connecting anew would only wait once more."""
        checked = self.connection
        if checked is not None and not self.health_check_done:
            self.health_check_done = checked.surely_lives()
        super().close_if_health_check_failed()
        if checked is not None and self.connection is None and checked.was_silent:
            with self.wrap_database_errors:
                raise psycopg.OperationalError(SILENT)
