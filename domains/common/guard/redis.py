"""The one client of Redis: a cache and a messenger that may be lost at any time, never the record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import redis
import redis.sentinel
from django.conf import settings
from redis import asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from domains.common.guard.breaker import CircuitBreaker
from domains.common.redis_url import sentinels

CONNECT_TIMEOUT_SECONDS = 0.1
TIMEOUT_SECONDS = 0.2  # for an answer
PAUSE_SECONDS = 1.0  # how long a Redis that failed is left alone, so that it does not slow every request down

__all__ = ["NoScriptError", "Redis", "RedisError", "client", "connect", "guarded", "key"]

Redis = redis.Redis
RedisError = redis.RedisError
NoScriptError = redis.exceptions.NoScriptError


@contextmanager
def guarded() -> Iterator[redis.Redis]:
    """The client, for one call in which nobody should wait for a Redis that has just failed.

    Raises RedisError at once, without touching the network, for PAUSE_SECONDS after a failure; then one caller tries
    again, and the others go on without Redis until it has answered. Callers need not log the error: it was logged.
    """
    with _breaker(settings.REDIS_URL).call():
        yield client()


def client() -> redis.Redis:
    """A client that all threads share. It connects when it is used and never tries twice.

    Calls raise RedisError, within CONNECT_TIMEOUT_SECONDS + TIMEOUT_SECONDS, when Redis is away or answers too late.
    A forked process gets connections of its own: the pool notices.
    """
    return _client(settings.REDIS_URL)


def connect[R](kind: type[R], url: str, **options: Any) -> R:
    """Another client, of `kind`: that of `redis` or of `redis.asyncio`.

    Where the URL names sentinels, they say at each new connection which server is the master.
    """
    clients: Any = asyncio if issubclass(kind, asyncio.Redis) else redis
    client: R
    if (found := sentinels(url)) is None:
        client = clients.Redis.from_url(url, **options)
    else:
        asked = {name: option for name, option in options.items() if name != "decode_responses"}
        group = clients.sentinel.Sentinel(found.nodes, sentinel_kwargs=asked, **found.options, **options)
        client = group.master_for(found.master, kind)
    return client


def key(*parts: object) -> str:
    """A key of this deployment: the parts behind settings.REDIS_PREFIX, with colons between them."""
    return settings.REDIS_PREFIX + ":".join(map(str, parts))


@cache
def _breaker(url: str) -> CircuitBreaker:
    return CircuitBreaker("Redis", redis.RedisError, failures=1, pause=PAUSE_SECONDS)


@cache
def _client(url: str) -> redis.Redis:
    return connect(
        redis.Redis,
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), retries=0),
        decode_responses=True,
    )
