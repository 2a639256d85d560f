"""The one client of Redis: a cache and a messenger that may be lost at any time, never the record."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_TIMEOUT_SECONDS = 0.1
TIMEOUT_SECONDS = 0.2  # for an answer

__all__ = ["RedisError", "client", "key"]

RedisError = redis.RedisError


def client() -> redis.Redis:
    """A client that all threads share. It connects when it is used and never tries twice.

    Calls raise RedisError, within CONNECT_TIMEOUT_SECONDS + TIMEOUT_SECONDS, when Redis is away or answers too late.
    A forked process gets connections of its own: the pool notices.
    """
    return _client(settings.REDIS_URL)


def key(*parts: object) -> str:
    """A key of this deployment: the parts behind settings.REDIS_PREFIX, with colons between them."""
    return settings.REDIS_PREFIX + ":".join(map(str, parts))


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), retries=0),
        decode_responses=True,
    )
