"""Forgetting rows that nobody needs any more."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from domains.common.background.periodic import Unfinished

BATCH = 200  # what hangs on a row goes with it: some thousand refresh tokens with a session that lived long
SECONDS = 10.0  # of one call: other tasks take their turns in between


def delete(*tables: QuerySet[Any]) -> int:
    """Delete rows table by table, batch by batch in their order, so that no transaction is long; how many.

    Calls at once share the rows. Raises Unfinished when SECONDS were not enough.
    """
    end = time.monotonic() + SECONDS
    deleted = 0
    for rows in tables:
        while batch := _delete_batch(rows):
            deleted += batch
            if time.monotonic() >= end:
                raise Unfinished
    return deleted


def _delete_batch(rows: QuerySet[Any]) -> int:
    with transaction.atomic():
        ids = list(rows.select_for_update(skip_locked=True).values_list("id", flat=True)[:BATCH])
        rows.model._default_manager.filter(id__in=ids).delete()
    return len(ids)
