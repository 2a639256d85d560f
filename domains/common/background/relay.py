"""The relay: hands due outbox messages and due periodic functions to Celery.

It keeps no state of its own: killed at any point, it or another one goes on where the database stands.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from celery import current_app
from celery.exceptions import OperationalError as BrokerError
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.module_loading import autodiscover_modules
from kombu.exceptions import OperationalError as TransportError
from redis.exceptions import RedisError

from domains.common import tasks
from domains.common.background import outbox
from domains.common.background.periodic import SCHEDULE

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.25
TROUBLE_SECONDS = 1.0
# The relay hears at once that Redis is away and tries again itself. Not for workers: they wait for it patiently.
IMPATIENT = {"max_retries": 0, "interval_start": 0}
# Tasks that wait for a worker. Beyond, what is handed over again (see REDELIVERY) would only make the queue longer:
# workers that fell behind would spend their time on repetitions.
CROWDED = 3 * outbox.BATCH


class Relay:
    """One loop: `run` until `stop` is set."""

    def __init__(self) -> None:
        autodiscover_modules("handlers")
        options = current_app.conf.broker_transport_options
        current_app.conf.broker_transport_options = {**options, **IMPATIENT}
        self._next: dict[str, float] = dict.fromkeys(SCHEDULE, 0.0)

    def run(self, stop: threading.Event) -> None:
        """Go round until `stop`; a database or broker that is away is logged and tried again every second."""
        while not stop.is_set():
            stop.wait(self._guarded(self.round))

    def round(self) -> int:
        """Ring for what is due now, unless the queue is CROWDED; the number of messages handed over."""
        if _waiting_tasks() >= CROWDED:
            return 0
        ids = outbox.hand_over()
        for message_id in ids:
            tasks.deliver.apply_async((str(message_id),), retry=False)
        self._ring_periodic(time.monotonic())
        return len(ids)

    def _ring_periodic(self, now: float) -> None:
        for path in [path for path, at in self._next.items() if at <= now]:
            tasks.run_periodic.apply_async((path,), retry=False)
            self._next[path] = now + SCHEDULE[path].total_seconds()  # only now: with Redis away it stays due

    def _guarded(self, work: Callable[[], int]) -> float:
        try:
            return 0.0 if work() == outbox.BATCH else IDLE_SECONDS
        except (DatabaseError, BrokerError, TransportError, RedisError, OSError) as error:
            logger.warning("relay waits: the database or Redis is away", extra={"error": type(error).__name__})
            connection.close()
            return TROUBLE_SECONDS


def _waiting_tasks() -> int:
    queue: str = current_app.conf.task_default_queue
    pooled: Any = current_app.pool.acquire(block=True)
    with pooled as connection, connection.channel() as channel:
        waiting: int = channel.queue_declare(queue=queue).message_count
    return waiting
