"""Celery's soft time limit, as its worker does it: a signal that raises in the main thread."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, connections

from tests.processes import wait_until

BUSY = """SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND pid <> pg_backend_pid()
    AND datname = current_database()"""


@contextmanager
def time_is_up(when: Callable[[], object]) -> Iterator[None]:
    """The limit strikes whatever runs in the block as soon as `when` is true, looked at from another connection."""
    before = signal.signal(signal.SIGUSR1, _strike)
    striker = threading.Thread(target=_strike_when, args=(when,))
    striker.start()
    try:
        yield
    finally:
        striker.join()
        signal.signal(signal.SIGUSR1, before)


def busy_with(statement: str) -> Callable[[], bool]:
    """Whether a statement that begins so is being executed."""

    def look() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(BUSY, [f"{statement}%"])
            return bool(cursor.fetchone()[0])

    return look


def end(statement: str) -> None:
    """End a statement whose client left; the database would go on with it."""
    with connection.cursor() as cursor:
        cursor.execute(BUSY.replace("count(*)", "pg_terminate_backend(pid)"), [f"{statement}%"])


def _strike_when(when: Callable[[], object]) -> None:
    try:
        wait_until(when, what="the moment of the time limit")
        os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        connections.close_all()


def _strike(number: int, frame: Any) -> None:
    raise SoftTimeLimitExceeded
