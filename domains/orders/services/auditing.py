"""The hourly look at every rule of `invariants`. What it found is kept in Redis, for metrics; the log tells it, too."""

from __future__ import annotations

import logging
import time
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

import orjson
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError

from domains.common.guard import redis
from domains.orders import invariants

logger = logging.getLogger(__name__)

STATEMENT_SECONDS = 30  # of each rule, and of all a task's time: beyond, a shop is so large that a copy is checked
KEPT_SECONDS = 86_400


class Audit(NamedTuple):
    """When it was, in Unix time, and how many rows broke each rule."""

    at: float
    broken: dict[str, int]


def audit() -> None:
    """Look, and keep what was found. A rule that takes too long, or a Redis that is away, leaves the last audit."""
    try:
        found = invariants.check(statement_seconds=STATEMENT_SECONDS)
    except (DatabaseError, SoftTimeLimitExceeded) as error:
        logger.warning("invariants were not checked", extra={"error": type(error).__name__})
        return
    broken = Counter(rule for rule, finding in found if not finding.pending)
    for rule, count in broken.items():
        logger.error("an invariant is broken: see manage.py check_invariants", extra={"rule": rule, "rows": count})
    with suppress(redis.RedisError), redis.guarded() as client:
        client.set(_key(), orjson.dumps([time.time(), broken]), ex=KEPT_SECONDS)


def last() -> Audit | None:
    """The last audit of any worker; None without one, or without Redis."""
    kept = None
    with suppress(redis.RedisError), redis.guarded() as client:
        kept = client.get(_key())
    return Audit(*orjson.loads(kept)) if isinstance(kept, str) else None


def _key() -> str:
    return redis.key("audit")
