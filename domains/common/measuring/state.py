"""Figures of the whole deployment, which stand in the database: read by the relay alone, every SECONDS.

So what they cost does not grow with the number of processes or of scrapes, and a scrape never waits for a database.
Where several relays run, each tells the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.db import close_old_connections, connection, transaction

from domains import modules
from domains.common.measuring.instruments import ON, PREFIX, declared, gauge

if TYPE_CHECKING:
    from prometheus_client import Gauge

logger = logging.getLogger(__name__)

SECONDS = 15.0
MOST_ROWS = 10_000  # that a reader counts: more are as bad
_LIMITS = "SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '1s'; SET TRANSACTION READ ONLY"
_readers: list[Callable[[], None]] = []


class State:
    """A gauge that exists only in the process that shows it: elsewhere it would stand at 0."""

    def __init__(self, name: str, text: str, *labels: str) -> None:
        self._name, self._text, self._labels = name, text, labels
        self._gauge: Gauge | None = None
        self._shown: set[tuple[str, ...]] = set()
        declared[PREFIX + name] = "gauge"

    def show(self, values: Mapping[tuple[str, ...], float]) -> None:
        """The values by labels, () without any; those that were shown before and are not among them become 0."""
        if not ON:
            return
        if self._gauge is None:
            self._gauge = gauge(self._name, self._text, *self._labels, mode="livemostrecent")
        self._shown |= values.keys()
        for labels in self._shown:
            (self._gauge.labels(*labels) if labels else self._gauge).set(values.get(labels, 0.0))


READ = State("state_read_timestamp_seconds", "When the relay last read all figures of the database, in Unix time.")


def reader[F: Callable[[], None]](read: F) -> F:
    """Call it every SECONDS in the relay, in a transaction that writes nothing; its statements have 2 s each.

    For a domain's `metrics.py`, which the relay imports.
    """
    _readers.append(read)
    return read


def start() -> None:
    """Begin, in the relay."""
    if ON:
        threading.Thread(target=_run, name="state", daemon=True).start()


def read_all() -> None:
    """Once. A figure that cannot be read stays as it was, and is logged."""
    modules("metrics")
    close_old_connections()
    successes = [_succeeds(read) for read in _readers]
    if all(successes):
        READ.show({(): time.time()})


def _run() -> None:
    while True:
        read_all()
        time.sleep(SECONDS)


def _succeeds(read: Callable[[], None]) -> bool:
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(_LIMITS)
            read()
    except Exception as error:
        logger.warning("a figure was not read", extra={"reader": read.__name__, "error": type(error).__name__})
        return False
    return True
