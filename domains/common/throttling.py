"""So many attempts in any minute, counted exactly.

PostgreSQL is the record: an attempt is spent before it is made, under row locks, so that calls at the same time never
get more than their budget, and losing Redis opens nothing. Redis remembers who is refused until when: most of a flood
is answered without a statement. Subjects are kept as keyed hashes only.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from domains.common import redis
from domains.common.errors import RateLimitedError, ServiceUnavailableError
from domains.common.models import Attempts
from domains.common.transactions import TryAgain, retried, short_transaction


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


class Spent:
    """Attempts that were taken from budgets."""

    def __init__(self, budgets: Sequence[Budget], at: datetime) -> None:
        self._budgets = budgets
        self._at = at

    @retried
    def give_back(self, *cleared: Budget) -> None:
        """As if it had not been made; `cleared` are as if none had ever been made."""
        forgotten = {budget.key for budget in cleared}
        with short_transaction():
            rows = _locked(self._budgets)
            for row in rows:
                row.made_at = [] if row.key in forgotten else [at for at in row.made_at if at != self._at]
                row.updated_at = timezone.now()
            Attempts.objects.bulk_update(rows, ["made_at", "updated_at"])
        _allow([row.key for row in rows])


@contextlib.contextmanager
def counting_failures(*budgets: Budget, cleared: Sequence[Budget] = ()) -> Iterator[None]:
    """Spend an attempt on the block; it is given back, and `cleared` with it, unless the block raises.

    Raises RateLimitedError, without running the block, when a budget is used up. Refused attempts count nowhere, so
    that going on does not lengthen the wait; nor do those that nobody had the time to look at.
    """
    spent = spend(*budgets)
    try:
        yield
    except ServiceUnavailableError:
        spent.give_back()
        raise
    spent.give_back(*cleared)


def spend(*budgets: Budget) -> Spent:
    """Take an attempt from all of the budgets, or from none. Raises RateLimitedError when one is used up."""
    _refuse_known(budgets)
    at, free_at = _spend(budgets)
    if free_at:
        _remember(free_at)
        raise _refusal(max(free_at.values()))
    return Spent(budgets, at)


@retried
def _spend(budgets: Sequence[Budget]) -> tuple[datetime, dict[str, datetime]]:
    """When the attempt was made; and for the budgets that are used up, if any, when each has one again."""
    with short_transaction():
        rows = _locked(budgets)
        now = timezone.now()
        free_at = {}
        for budget, row in zip(sorted(budgets, key=attrgetter("key")), rows, strict=True):
            recent = sorted(at for at in row.made_at if at > now - budget.period)
            if len(recent) >= budget.most:
                free_at[budget.key] = recent[-budget.most] + budget.period
            row.made_at = [*recent, now]
            row.expires_at, row.updated_at = now + budget.period, now
        if free_at:
            transaction.set_rollback(True)
        else:
            Attempts.objects.bulk_update(rows, ["made_at", "expires_at", "updated_at"])
    return now, free_at


def _locked(budgets: Sequence[Budget]) -> list[Attempts]:
    """The rows of the budgets in the order of their keys, which is also the order of locking. Raises TryAgain."""
    now = timezone.now()
    keys = sorted(budget.key for budget in budgets)
    Attempts.objects.bulk_create([Attempts(key=key, expires_at=now) for key in keys], ignore_conflicts=True)
    rows = list(Attempts.objects.select_for_update().filter(key__in=keys).order_by("key"))
    if len(rows) < len(keys):
        raise TryAgain  # one was purged between the two statements
    return rows


def _refusal(free_at: datetime) -> RateLimitedError:
    return RateLimitedError(max(1, math.ceil((free_at - timezone.now()).total_seconds())))


def _refuse_known(budgets: Sequence[Budget]) -> None:
    """Raises RateLimitedError when Redis knows that a budget is used up; when it is away, PostgreSQL will tell."""
    try:
        with redis.guarded() as client:
            known = client.mget([_flag(budget.key) for budget in budgets])
    except redis.RedisError:
        return
    free_at = [datetime.fromisoformat(str(moment)) for moment in known if moment]
    if free_at and max(free_at) > timezone.now():
        raise _refusal(max(free_at))


def _remember(free_at: dict[str, datetime]) -> None:
    with contextlib.suppress(redis.RedisError), redis.guarded() as client:
        pipeline = client.pipeline(transaction=False)
        for key, moment in free_at.items():
            pipeline.set(_flag(key), moment.isoformat(), pxat=moment)
        pipeline.execute()


def _allow(keys: Sequence[str]) -> None:
    with contextlib.suppress(redis.RedisError), redis.guarded() as client:
        client.delete(*map(_flag, keys))  # else, at worst, somebody waits until the flag expires


def _flag(key: str) -> str:
    return redis.key("throttled", key)
