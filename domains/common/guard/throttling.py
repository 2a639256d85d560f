"""So many failed attempts in any minute, counted exactly.

The invariant: of the attempts that were looked at, never more than a budget's `most` failed in any stretch of its
`period`; and a success never costs anybody anything.

An attempt is a row in each of its budgets, written under a lock before it is looked at. It is pending until its outcome
is known; then it counts as a failure, or is deleted. Failures and pending attempts together never exceed the budget.
Who finds it full of failures is told how long to wait. Who finds it full with the pending ones, which may succeed,
waits for them, for PATIENCE. A pending attempt whose process died expires when a failure would, after `period`.

Only PostgreSQL knows of it, so losing Redis opens nothing; subjects are kept as keyed hashes only.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import RateLimitedError, ServiceUnavailableError
from domains.common.guard.bulkhead import PASSWORDS, BulkheadFullError
from domains.common.guard.keyed import keyed
from domains.common.guard.models import Attempt

logger = logging.getLogger(__name__)

PATIENCE = 5.0  # seconds; the look at a password is over by then
PAUSE_SECONDS = (0.02, 0.06)  # between two looks at a budget that others fill
RETRY_SECONDS = 1
# Plain SQL: a flood of guesses is answered by it, and composing the statement would take longer than running it.
COUNTED = "SELECT key, pending, expires_at FROM common_attempt WHERE key = ANY(%s) AND expires_at > %s ORDER BY 3"
# Until the transaction ends nobody else takes an attempt from these keys, which are sorted, so that nobody deadlocks.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key"


@dataclass(frozen=True, slots=True)
class Budget:
    """`most` attempts (1 or more) in any stretch of `period`, shared by all who have the same name and subject."""

    name: str
    subject: str
    most: int
    period: timedelta = timedelta(minutes=1)

    @property
    def key(self) -> str:
        """What its rows are written under: they tell no e-mail."""
        return self.keys[0]

    @property
    def keys(self) -> list[str]:
        """What its rows are found under."""
        return keyed(f"throttle:{self.name}", self.subject)


class Reservation:
    """A pending attempt, until it is settled; it stays so when the database is too busy to write it."""

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self._ids = [attempt.id for attempt in attempts]

    def settle(self, *, counted: Sequence[Budget] = (), cleared: Sequence[Budget] = ()) -> None:
        """It counts for their period from now on in `counted`, nowhere else, and `cleared` forget what counts there."""
        try:
            self._write([budget.key for budget in counted], [key for budget in cleared for key in budget.keys])
        except ServiceUnavailableError:
            logger.warning("an attempt stays pending")

    @retried
    def _write(self, counted: Sequence[str], cleared: Sequence[str]) -> None:
        now = timezone.now()
        changes = {"pending": False, "expires_at": F("expires_at") + (now - F("created_at")), "updated_at": now}
        with short_transaction():
            Attempt.objects.filter(id__in=self._ids, key__in=counted).update(**changes)
            Attempt.objects.filter(Q(id__in=self._ids, pending=True) | Q(key__in=cleared, pending=False)).delete()


@contextmanager
def attempt(
    *, failures: Sequence[Budget] = (), successes: Sequence[Budget] = (), cleared: Sequence[Budget] = ()
) -> Iterator[None]:
    """The block is an attempt. When it raises, it counts in `failures`; else in `successes`, and clears `cleared`.

    Raises RateLimitedError, without running the block, when one of the budgets is used up. Refused attempts count
    nowhere, so that going on does not lengthen the wait; nor do those that nobody had the time to look at.
    """
    reservation = reserve(*failures, *successes)
    try:
        yield
    except ServiceUnavailableError:
        reservation.settle()
        raise
    except BaseException:
        reservation.settle(counted=failures)
        raise
    reservation.settle(counted=successes, cleared=cleared)


def spend(*budgets: Budget) -> None:
    """Take an attempt that counts in any case. Raises RateLimitedError when a budget is used up."""
    reserve(*budgets).settle(counted=budgets)


def reserve(*budgets: Budget) -> Reservation:
    """Take an attempt from all of the budgets, or from none.

    Raises RateLimitedError when failures fill one, and when pending attempts do and no thread is left to wait for them.
    """
    if reservation := _take(budgets):
        return reservation
    with suppress(BulkheadFullError), PASSWORDS.enter():
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            time.sleep(random.uniform(*PAUSE_SECONDS))
            if reservation := _take(budgets):
                return reservation
    raise RateLimitedError(RETRY_SECONDS)


@retried
def _take(budgets: Sequence[Budget]) -> Reservation | None:
    """None while pending attempts fill a budget. Raises RateLimitedError when failures do."""
    if not _has_room(budgets):  # without the lock: those who wait, and a flood, hold up nobody
        return None
    with short_transaction(), connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(key for budget in budgets for key in budget.keys)])
        if not _has_room(budgets):
            return None
        now = timezone.now()
        attempts = [Attempt(key=budget.key, created_at=now, expires_at=now + budget.period) for budget in budgets]
        return Reservation(Attempt.objects.bulk_create(attempts))


def _has_room(budgets: Sequence[Budget]) -> bool:
    """Whether each has an attempt left. Raises RateLimitedError when failures fill one."""
    now, keys_of, room, free_at = timezone.now(), [budget.keys for budget in budgets], True, []
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [[key for keys in keys_of for key in keys], now])
        attempts = cursor.fetchall()
    for keys, budget in zip(keys_of, budgets, strict=True):
        failures = [end for owner, pending, end in attempts if owner in keys and not pending]
        room &= sum(owner in keys for owner, _, _ in attempts) < budget.most
        if len(failures) >= budget.most:
            free_at.append(failures[-budget.most])
    if free_at:
        raise RateLimitedError(max(1, math.ceil((max(free_at) - now).total_seconds())))
    return room
