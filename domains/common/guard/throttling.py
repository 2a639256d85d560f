"""So many failed attempts in any minute, counted exactly.

The invariant: of the attempts that were looked at, never more than a budget's `most` failed in any stretch of its
`period`; and a success never costs anybody anything.

An attempt is reserved before it is looked at, under row locks, and is pending until its outcome is known; then it
counts as a failure, or is forgotten. Failures and pending attempts together never exceed the budget. Who finds it full
of failures is told how long to wait. Who finds it full with the pending ones, which may succeed, waits for them: for
PATIENCE, in one of the `places` of a process; without one the answer is to come again in a second. A pending
attempt whose process died is over when a failure would be, after `period`.

PostgreSQL is the record: losing Redis opens nothing. Redis remembers which budgets are full of failures, and until
when, so that most of a flood is answered without a statement. Such a budget has nothing pending, and a failure is only
forgotten by an attempt that was pending beside it: what Redis was told stays true until it ends, however late it was
told. Subjects are kept as keyed hashes only.
"""

from __future__ import annotations

import contextlib
import logging
import math
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from django.utils import timezone
from django.utils.crypto import salted_hmac

from domains.common.data.transactions import TryAgain, retried, short_transaction
from domains.common.errors import RateLimitedError, ServiceUnavailableError
from domains.common.guard import redis
from domains.common.guard.models import Attempts
from domains.common.guard.places import NoPlace, place

logger = logging.getLogger(__name__)

PATIENCE = 5.0  # seconds; the look at a password is over by then
PAUSE_SECONDS = (0.02, 0.06)  # between two looks at a budget that others fill
COME_AGAIN_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Budget:
    """`most` attempts (1 or more) in any stretch of `period`, shared by all who have the same name and subject."""

    name: str
    subject: str
    most: int
    period: timedelta = timedelta(minutes=1)

    @property
    def key(self) -> str:
        """A keyed hash: neither the rows nor Redis tell an e-mail."""
        return salted_hmac(f"throttle:{self.name}", self.subject, algorithm="sha256").hexdigest()


class Reservation:
    """A pending attempt, until one of the two is called; it stays so when the database is too busy to be told."""

    def __init__(self, budgets: Sequence[Budget], at: datetime) -> None:
        self._budgets = budgets
        self._at = at

    def count(self) -> None:
        """It counts for the period from now on."""
        self._end(failed=True, forgotten=frozenset())

    def give_back(self, *cleared: Budget) -> None:
        """As if it had not been made; `cleared` are as if none had ever failed."""
        self._end(failed=False, forgotten=frozenset(budget.key for budget in cleared))

    def _end(self, *, failed: bool, forgotten: frozenset[str]) -> None:
        try:
            self._write(failed=failed, forgotten=forgotten)
        except ServiceUnavailableError:
            logger.warning("an attempt stays pending")

    @retried
    def _write(self, *, failed: bool, forgotten: frozenset[str]) -> None:
        with short_transaction():
            rows, now = _locked(self._budgets), timezone.now()
            for budget, row in zip(self._budgets, rows, strict=True):
                pending = self._at in row.pending_at  # else it took longer than the period: it clears nothing
                if pending:
                    row.pending_at.remove(self._at)
                row.made_at = [] if pending and row.key in forgotten else [*row.made_at, *[now] * failed]
                row.expires_at, row.updated_at = now + budget.period, now
            Attempts.objects.bulk_update(rows, ["made_at", "pending_at", "expires_at", "updated_at"])


class _Full(Exception):
    """No attempt is left. `free_at`: when the budgets that failures fill, if any, have one again, by key."""

    def __init__(self, free_at: dict[str, datetime]) -> None:
        super().__init__()
        self.free_at = free_at


@contextlib.contextmanager
def counting_failures(*budgets: Budget, cleared: Sequence[Budget] = ()) -> Iterator[None]:
    """The block is an attempt: it counts when it raises; else it is given back, and `cleared` with it.

    Raises RateLimitedError, without running the block, when a budget is used up. Refused attempts count nowhere, so
    that going on does not lengthen the wait; nor do those that nobody had the time to look at.
    """
    reservation = reserve(*budgets)
    try:
        yield
    except ServiceUnavailableError:
        reservation.give_back()
        raise
    except BaseException:
        reservation.count()
        raise
    reservation.give_back(*cleared)


@contextlib.contextmanager
def counting_successes(*budgets: Budget) -> Iterator[None]:
    """The block is an attempt: it counts unless it raises. Raises RateLimitedError as `counting_failures` does."""
    reservation = reserve(*budgets)
    try:
        yield
    except BaseException:
        reservation.give_back()
        raise
    reservation.count()


def spend(*budgets: Budget) -> None:
    """Take an attempt that counts in any case. Raises RateLimitedError when a budget is used up."""
    reserve(*budgets).count()


def reserve(*budgets: Budget) -> Reservation:
    """Take an attempt from all of the budgets, or from none. Raises RateLimitedError when one has none left."""
    refuse_known(*budgets)
    in_order = sorted(budgets, key=attrgetter("key"))
    at = _reserve(in_order) or _wait(in_order)
    return Reservation(in_order, at)


def refuse_known(*budgets: Budget) -> None:
    """Raises RateLimitedError when Redis knows that a budget is used up; when it is away, PostgreSQL will tell."""
    try:
        with redis.guarded() as client:
            known = client.mget([_flag(budget.key) for budget in budgets])
    except redis.RedisError:
        return
    free_at = [datetime.fromisoformat(str(moment)) for moment in known if moment]
    if free_at and max(free_at) > timezone.now():
        raise _refusal(max(free_at))


def _wait(budgets: Sequence[Budget]) -> datetime:
    """For attempts under way to end. Raises RateLimitedError when they fail, or take longer than PATIENCE."""
    with contextlib.suppress(NoPlace), place():
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            time.sleep(random.uniform(*PAUSE_SECONDS))
            if at := _reserve(budgets):
                return at
    raise RateLimitedError(COME_AGAIN_SECONDS)


def _reserve(budgets: Sequence[Budget]) -> datetime | None:
    """When the attempt was made; None while others fill a budget. Raises RateLimitedError when failures do."""
    try:
        # Without locks: those who wait, and a flood while Redis is away, hold up nobody whose attempt ends.
        _check(budgets, Attempts.objects.filter(key__in=[budget.key for budget in budgets]))
        return _take(budgets)
    except _Full as full:
        if not full.free_at:
            return None
        _remember(full.free_at)
        raise _refusal(max(full.free_at.values())) from None


@retried
def _take(budgets: Sequence[Budget]) -> datetime:
    with short_transaction():
        rows = _locked(budgets)
        _check(budgets, rows)
        now = timezone.now()
        for budget, row in zip(budgets, rows, strict=True):
            row.made_at = _recent(row.made_at, budget, now)
            row.pending_at = [*_recent(row.pending_at, budget, now), now]
            row.expires_at, row.updated_at = now + budget.period, now
        Attempts.objects.bulk_update(rows, ["made_at", "pending_at", "expires_at", "updated_at"])
    return now


def _check(budgets: Sequence[Budget], rows: Iterable[Attempts]) -> None:
    """Raises _Full unless each budget has an attempt left."""
    now, by_key = timezone.now(), {row.key: row for row in rows}
    free_at, full = {}, False
    for budget in budgets:
        if (row := by_key.get(budget.key)) is None:
            continue
        failed = sorted(_recent(row.made_at, budget, now))
        full |= len(failed) + len(_recent(row.pending_at, budget, now)) >= budget.most
        if len(failed) >= budget.most:
            free_at[budget.key] = failed[-budget.most] + budget.period
    if full:
        raise _Full(free_at)


def _recent(moments: Iterable[datetime], budget: Budget, now: datetime) -> list[datetime]:
    return [at for at in moments if at > now - budget.period]


def _locked(budgets: Sequence[Budget]) -> list[Attempts]:
    """The rows of the budgets, in their order, which has to be that of their keys. Raises TryAgain."""
    now = timezone.now()
    keys = [budget.key for budget in budgets]
    Attempts.objects.bulk_create([Attempts(key=key, expires_at=now) for key in keys], ignore_conflicts=True)
    rows = list(Attempts.objects.select_for_update().filter(key__in=keys).order_by("key"))
    if len(rows) < len(keys):
        raise TryAgain  # one was purged between the two statements
    return rows


def _refusal(free_at: datetime) -> RateLimitedError:
    return RateLimitedError(max(1, math.ceil((free_at - timezone.now()).total_seconds())))


def _remember(free_at: dict[str, datetime]) -> None:
    with contextlib.suppress(redis.RedisError), redis.guarded() as client:
        pipeline = client.pipeline(transaction=False)
        for key, moment in free_at.items():
            pipeline.set(_flag(key), moment.isoformat(), pxat=moment)
        pipeline.execute()


def _flag(key: str) -> str:
    return redis.key("throttled", key)
