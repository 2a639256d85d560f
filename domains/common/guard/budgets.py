"""How much one caller may have executed: a token bucket in cost units for each account and each address.

A bucket holds its budget when it is full; a request takes its cost out, and an empty one is full again after WINDOW
seconds. A request that costs more than a whole budget is served from a full bucket, which is then below nothing: what
comes after it waits for longer. So none is refused for ever, and nobody gets more than the budget in the long run.

Redis keeps one number for a bucket, the moment at which it will be full again. While Redis is away each process counts
for itself, with a fraction of the budgets. A process pays a little in advance for each caller and serves from that, so
most requests ask Redis nothing.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from domains.common.guard import redis
from domains.common.guard.addresses import is_trusted, network

WINDOW = 25  # seconds
ADVANCES = 100  # a process pays a hundredth of a budget in advance
LOCAL_FRACTION = 4  # a process that counts for itself gives each caller a fourth
REMEMBERED = 10_000  # callers; more are forgotten, those that came least recently first

# A bucket for each key; ARGV are WINDOW, then for each key how many seconds it takes to earn the cost. All or none
# are charged. Answers, in microseconds, how long to wait (0: charged), then for each bucket how long until it is full.
SCRIPT = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local window, wait, missing = tonumber(ARGV[1]), 0, {}
for i, key in ipairs(KEYS) do
  missing[i] = math.max(0, (redis.call('GET', key) or 0) - now)
  wait = math.max(wait, missing[i] + math.min(ARGV[i + 1], window) - window)
end
for i, key in ipairs(KEYS) do
  if wait == 0 then
    missing[i] = missing[i] + ARGV[i + 1]
    redis.call('SET', key, string.format('%.6f', now + missing[i]), 'PX', math.ceil(missing[i] * 1000))
  end
  missing[i] = math.ceil(missing[i] * 1000000)
end
return {math.ceil(wait * 1000000), unpack(missing)}
"""
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


type Caller = tuple[UUID | None, str | None]


@dataclass(frozen=True, slots=True)
class Throttle:
    """What a request costs, and where the caller's tighter bucket stands after it, in cost units."""

    cost: int
    available: int
    maximum: int
    retry_after: int = 0  # seconds until there is room for the cost; 0: it was charged


def charge(cost: int, *, user_id: UUID | None, address: str | None) -> Throttle | None:
    """Take the cost, 1 unit or more, out of the buckets of account and address; None when neither is counted.

    When one of them has no room nothing is taken, and `retry_after` says when there will be. Never waits longer than
    the time-outs of `redis`, and for one caller in a second.
    """
    cost, caller = max(1, cost), (user_id, address)
    paid = advances.take(caller)
    if paid.units >= cost:
        return advances.put_back(caller, paid, cost)
    budgets = _budgets(user_id, address)
    if not budgets:
        return None
    missing = cost - paid.units
    more = max(missing, min(most for _, most in budgets) // ADVANCES)
    charged = _charge(budgets, more)
    if charged.retry_after and more > missing:
        charged = _charge(budgets, more := missing)
    if charged.retry_after:
        advances.put_back(caller, paid, 0)
        return replace(charged, cost=cost, available=charged.available + paid.units)
    paid = Advance(paid.units + more, charged.available, charged.maximum, time.monotonic())
    return advances.put_back(caller, paid, cost)


def _charge(budgets: Sequence[tuple[str, int]], cost: int) -> Throttle:
    """Take it out of the buckets themselves: keys with what each holds."""
    keys = [key for key, _ in budgets]
    try:
        with redis.guarded() as client:
            wait, *missing = _ask(client, keys, [cost * WINDOW / most for _, most in budgets])
    except redis.RedisError:
        budgets = [(key, max(1, most // LOCAL_FRACTION)) for key, most in budgets]
        wait, *missing = local.charge(keys, [cost * WINDOW / most for _, most in budgets])
    left = [(int(most * (1 - seconds / WINDOW)), most) for seconds, (_, most) in zip(missing, budgets, strict=True)]
    available, maximum = min(left)
    return Throttle(cost, max(0, available), maximum, math.ceil(wait))


def _budgets(user_id: UUID | None, address: str | None) -> list[tuple[str, int]]:
    """Keys with what their buckets hold."""
    account = [] if user_id is None else [(redis.key("budget", user_id), settings.BUDGET_ACCOUNT)]
    if is_trusted(address):
        return account
    return [*account, (redis.key("budget", hidden(network(address))), settings.BUDGET_ADDRESS)]


@lru_cache(maxsize=4_096)  # as `network`
def hidden(subject: str) -> str:
    """A keyed hash: Redis, and who copies it, hold no addresses of people."""
    return salted_hmac("budget", subject, algorithm="sha256").hexdigest()[:32]


def _ask(client: redis.Redis, keys: Sequence[str], seconds: Sequence[float]) -> list[float]:
    try:
        answer = client.evalsha(_SHA, len(keys), *keys, WINDOW, *seconds)
    except redis.NoScriptError:  # a Redis that was started since
        answer = client.eval(SCRIPT, len(keys), *keys, WINDOW, *seconds)
    return [microseconds / 1_000_000 for microseconds in answer]


@dataclass(frozen=True, slots=True)
class Advance:
    """Units that a caller has paid for and not used; what the bucket, of `maximum`, held `at` the last payment."""

    units: int
    available: int
    maximum: int
    at: float  # on the monotonic clock


class Advances:
    """What callers have left of what this process took for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Caller, Advance] = {}

    def take(self, caller: Caller) -> Advance:
        """All of it: nobody else uses it meanwhile."""
        with self._lock:
            return self._kept.pop(caller, NOTHING)

    def put_back(self, caller: Caller, paid: Advance, cost: int) -> Throttle:
        """What is left of it after the cost."""
        left = paid.units - cost
        with self._lock:
            units = left + self._kept.pop(caller, NOTHING).units  # of another request of theirs
            self._kept[caller] = replace(paid, units=units)
            _forget(self._kept)
        earned = int((time.monotonic() - paid.at) * paid.maximum / WINDOW)
        return Throttle(cost, min(paid.maximum, paid.available + left + earned), paid.maximum)


class Local:
    """The buckets of this process alone; SCRIPT in Python."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._full_at: dict[str, float] = {}  # on the monotonic clock

    def charge(self, keys: Sequence[str], seconds: Sequence[float]) -> list[float]:
        """As the script, in seconds."""
        now = time.monotonic()
        with self._lock:
            missing = [max(0.0, self._full_at.get(key, 0.0) - now) for key in keys]
            wait = max(gone + min(cost, WINDOW) - WINDOW for gone, cost in zip(missing, seconds, strict=True))
            if wait <= 0:
                missing = [gone + cost for gone, cost in zip(missing, seconds, strict=True)]
                for key, gone in zip(keys, missing, strict=True):
                    self._full_at.pop(key, None)  # to the end of the order
                    self._full_at[key] = now + gone
                    _forget(self._full_at)
        return [max(0.0, wait), *missing]


def _forget(remembered: dict[Any, Any]) -> None:
    if len(remembered) > REMEMBERED:
        del remembered[next(iter(remembered))]


NOTHING = Advance(0, 0, 0, 0.0)
advances, local = Advances(), Local()
