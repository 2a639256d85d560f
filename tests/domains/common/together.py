"""Rivals: calls made at the same time, each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet

PATIENCE = 20.0  # seconds until a test that hangs is called broken


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned or raised, in their order."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        try:
            start.wait(PATIENCE)
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def elsewhere(call: Callable[[], Any]) -> Any:
    """What a call sees from another connection: only what was committed."""
    return together(call)[0]


@contextmanager
def locked_elsewhere(rows: QuerySet[Any]) -> Iterator[threading.Event]:
    """Another connection holds the rows locked until the block ends or the event is set."""
    locked, release = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(partial(_hold, rows, locked, release))
        try:
            assert locked.wait(PATIENCE)
            yield release
        finally:
            release.set()
            holding.result()


def _hold(rows: QuerySet[Any], locked: threading.Event, release: threading.Event) -> None:
    try:
        with transaction.atomic():
            list(rows.all().select_for_update())
            locked.set()
            release.wait(PATIENCE)
    finally:
        connections.close_all()
