"""Forgetting rows that nobody needs any more."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

BATCH = 200  # what hangs on a row goes with it: some thousand refresh tokens with a session that lived long
MAX_BATCHES = 100  # what is left then goes with the next call


def delete(rows: QuerySet[Any]) -> int:
    """Delete rows batch by batch in their order, so that no transaction is long; how many, at most 20,000."""
    deleted = 0
    for _ in range(MAX_BATCHES):
        ids = list(rows.values_list("id", flat=True)[:BATCH])
        rows.model._default_manager.filter(id__in=ids).delete()
        deleted += len(ids)
        if len(ids) < BATCH:
            break
    return deleted
