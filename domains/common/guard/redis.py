"""The one client of Redis: a cache and a messenger that may be lost at any time, never the record."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_SECONDS = 0.1
TIMEOUT_SECONDS = 0.2  # for an answer
PAUSE_SECONDS = 1.0  # how long a Redis that failed is left alone, so that it does not slow every request down

__all__ = ["NoScriptError", "Redis", "RedisError", "client", "guarded", "key"]

Redis = redis.Redis
RedisError = redis.RedisError
NoScriptError = redis.exceptions.NoScriptError


@contextmanager
def guarded() -> Iterator[redis.Redis]:
    """The client, for one call in which nobody should wait for a Redis that has just failed.

    Raises RedisError at once, without touching the network, for PAUSE_SECONDS after a failure; then one caller tries
    again, and the others go on without Redis until it has answered. Callers need not log the error: it was logged.
    """
    guard = _guard(settings.REDIS_URL)
    began = guard.enter()
    try:
        yield client()
    except redis.RedisError as error:
        guard.failed(error, began)
        raise
    guard.answered()


def client() -> redis.Redis:
    """A client that all threads share. It connects when it is used and never tries twice.

    Calls raise RedisError, within CONNECT_TIMEOUT_SECONDS + TIMEOUT_SECONDS, when Redis is away or answers too late.
    A forked process gets connections of its own: the pool notices.
    """
    return _client(settings.REDIS_URL)


def key(*parts: object) -> str:
    """A key of this deployment: the parts behind settings.REDIS_PREFIX, with colons between them."""
    return settings.REDIS_PREFIX + ":".join(map(str, parts))


class _Guard:
    """When a server failed last, and until when it is left alone. For all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed_at = self._alone_until = 0.0  # on the monotonic clock

    def enter(self) -> float:
        """When the call begins. Raises RedisError during the pause."""
        now = time.monotonic()
        with self._lock:
            if now < self._alone_until:
                raise redis.ConnectionError("Redis failed a moment ago")
            if self._alone_until:
                self._alone_until = now + PAUSE_SECONDS  # for the others, while this caller tries
        return now

    def answered(self) -> None:
        with self._lock:
            self._alone_until = 0.0

    def failed(self, error: Exception, began: float) -> None:
        with self._lock:
            if began < self._failed_at:
                return  # it was under way when another call failed
            self._failed_at = time.monotonic()
            self._alone_until = self._failed_at + PAUSE_SECONDS
        logger.warning("Redis is away and left alone for a moment", extra={"error": type(error).__name__})


@cache
def _guard(url: str) -> _Guard:
    return _Guard()


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), retries=0),
        decode_responses=True,
    )
