"""Functions called every so often: registered in a domain's `handlers.py`, rung by the relay, run by Celery.

Most of them forget rows that nobody needs any more: `purge`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from domains.common.background.outbox import DEFAULT

BATCH = 200  # what hangs on a row goes with it: some thousand refresh tokens with a session that lived long
SECONDS = 10.0  # of one call: other tasks take their turns in between
SCHEDULE: dict[str, timedelta] = {}  # dotted path -> interval
QUEUES: dict[str, str] = {}  # dotted path -> queue, see `outbox.handler`


class Unfinished(Exception):
    """A periodic function's way to say: my time is up and there is more to do. It is rung for again at once."""


def every[F: Callable[[], object]](interval: timedelta, *, queue: str = DEFAULT) -> Callable[[F], F]:
    """Call the function about once an interval. Two calls at once must be harmless: several relays may run."""

    def register(function: F) -> F:
        path = f"{function.__module__}.{function.__qualname__}"
        SCHEDULE[path], QUEUES[path] = interval, queue
        return function

    return register


def purge(*tables: QuerySet[Any]) -> int:
    """Delete rows table by table, batch by batch in their order, so that no transaction is long; how many.

    Calls at once share the rows. Raises Unfinished when SECONDS were not enough.
    """
    end = time.monotonic() + SECONDS
    deleted = 0
    for rows in tables:
        while batch := _purge_batch(rows):
            deleted += batch
            if time.monotonic() >= end:
                raise Unfinished
    return deleted


def _purge_batch(rows: QuerySet[Any]) -> int:
    with transaction.atomic():
        ids = list(rows.select_for_update(skip_locked=True).values_list("id", flat=True)[:BATCH])
        rows.model._default_manager.filter(id__in=ids).delete()
    return len(ids)
