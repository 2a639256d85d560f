"""Telling every process that something changed: whoever shows it looks again.

Redis pub/sub carries no data, only which thing it was. A message may be lost; listeners therefore also look by
themselves from time to time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from domains.common.guard import redis

logger = logging.getLogger(__name__)

QUIET_SECONDS = 10.0  # without a message for so long the connection is tried
CONNECT_SECONDS = 1.0
PAUSE_SECONDS = 2.0  # before connecting again

type Wake = Callable[[], None]


def announce(*topics: str) -> None:
    """Tell it when the transaction has committed, and only once; outside of one, at once. Never fails the caller.

    One message for all of the topics, which have no spaces.
    """
    announcement, within = _Announcement(" ".join(topics)), set(connection.savepoint_ids)
    # What is rolled back is taken from Django's list; what was noted under a savepoint of ours lives as long as we do.
    if not any(hook[1] == announcement and hook[0] <= within for hook in connection.run_on_commit):
        transaction.on_commit(announcement)


@dataclass(frozen=True, slots=True)
class _Announcement:
    topics: str

    def __call__(self) -> None:
        try:
            with redis.guarded() as client:
                client.publish(redis.key("changes"), self.topics)
        except redis.RedisError:
            logger.debug("a change was not announced", extra={"topics": self.topics})
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("a change was not announced", extra={"topics": self.topics})


class Listeners:
    """Who waits for which topic in this process: one connection to Redis serves them all.

    It is there only while somebody waits: hearing every change of the shop costs as much as a small request each.
    """

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Wake]] = {}
        self._lock = threading.Lock()
        self._wanted = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def join(self, topic: str, wake: Wake) -> None:
        """Have `wake` called on the event loop at each change of the topic. From any thread."""
        with self._lock:
            self._by_topic.setdefault(topic, set()).add(wake)
            if self._loop:
                self._loop.call_soon_threadsafe(self._wanted.set)

    def leave(self, topic: str, wake: Wake) -> None:
        """End a `join`. From any thread; safe to repeat."""
        with self._lock:
            waiting = self._by_topic.get(topic, set())
            waiting.discard(wake)
            if not waiting:
                self._by_topic.pop(topic, None)

    async def listen(self) -> None:
        """Hear what is announced, until cancelled; a lost connection is made again."""
        with self._lock:
            self._loop, self._wanted = asyncio.get_running_loop(), asyncio.Event()
            if self._by_topic:
                self._wanted.set()
        try:
            while True:
                await self._wanted.wait()
                await self._hear_while_wanted()
        finally:
            with self._lock:
                self._loop = None

    async def _hear_while_wanted(self) -> None:
        try:
            await self._hear_all()
        except (redis.RedisError, OSError) as error:
            logger.warning("changes are heard late, Redis is away", extra={"reason": type(error).__name__})
            await asyncio.sleep(PAUSE_SECONDS)
        except Exception:  # nobody would start it again
            logger.exception("changes are heard late")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _hear_all(self) -> None:
        url, waits = settings.REDIS_URL, {"socket_connect_timeout": CONNECT_SECONDS}
        client: Redis = redis.connect(Redis, url, decode_responses=True, **waits)
        async with client, client.pubsub() as hearing:
            await hearing.subscribe(redis.key("changes"))
            while self._is_wanted():
                await self._hear(hearing)

    def _is_wanted(self) -> bool:
        with self._lock:  # a `join` from now on sets it again
            if not self._by_topic:
                self._wanted.clear()
            return bool(self._by_topic)

    async def _hear(self, hearing: PubSub) -> None:
        message = await hearing.get_message(timeout=QUIET_SECONDS)
        if message is None:
            await hearing.ping()
            message = await hearing.get_message(timeout=QUIET_SECONDS)
            if message is None:
                raise redis.RedisError("the connection is dead")
        if message["type"] == "subscribe":  # only from now on is nothing missed
            self._wake()
        elif message["type"] == "message":
            self._wake(message["data"].split())

    def _wake(self, topics: Iterable[str] | None = None) -> None:
        """Those who wait for one of the topics; everybody without them."""
        with self._lock:
            wanted = self._by_topic if topics is None else topics
            waking = set[Wake]().union(*(self._by_topic.get(topic, ()) for topic in wanted))
        for wake in waking:
            wake()


listeners = Listeners()
