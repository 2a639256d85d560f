"""The relay: hands due outbox messages and due periodic functions to Celery.

It keeps no state of its own: killed at any point, it or another one goes on where the database stands.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

from celery import current_app
from celery.exceptions import OperationalError as BrokerError
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.module_loading import autodiscover_modules
from kombu.exceptions import OperationalError as TransportError
from redis.exceptions import RedisError

from domains.common import metrics, tasks
from domains.common.background import broker, outbox
from domains.common.background.periodic import QUEUES, SCHEDULE
from domains.common.tracing import caused_by

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.25
TROUBLE_SECONDS = 1.0
# The relay hears at once that Redis is away and tries again itself. Not for workers: they wait for it patiently.
IMPATIENT = {"max_retries": 0, "interval_start": 0}
AWAY = (DatabaseError, BrokerError, TransportError, RedisError, OSError)
# Tasks of one queue that wait for a worker. Beyond, what is handed over again (see REDELIVERY) would only make the
# queue longer: workers that fell behind would spend their time on repetitions.
CROWDED = 3 * outbox.BATCH


class Relay:
    """One loop: `run` until `stop` is set. It touches the file `heartbeat` every time it goes round, also in trouble.

    A heartbeat older than a minute is that of a relay that hangs, and will not go on by itself.
    """

    def __init__(self, heartbeat: Path | None = None) -> None:
        autodiscover_modules("handlers")
        options = current_app.conf.broker_transport_options
        current_app.conf.broker_transport_options = {**options, **IMPATIENT}
        self._heartbeat = heartbeat
        self._next: dict[str, float] = dict.fromkeys(SCHEDULE, 0.0)

    def run(self, stop: threading.Event) -> None:
        """Go round until `stop`; a database or broker that is away is logged and tried again every second."""
        while not stop.is_set():
            pause = self._guarded(self.round)
            if self._heartbeat:
                self._heartbeat.touch()
            stop.wait(pause)

    def round(self) -> int:
        """Ring for what is due now, but not in queues that are CROWDED; the number of messages handed over."""
        handed_over = 0
        waiting = {queue: broker.waiting(queue) for queue in sorted(broker.queues())}
        metrics.QUEUES.show({(broker.queue_name(queue),): length for queue, length in waiting.items()})
        open_ = [queue for queue, length in waiting.items() if length < CROWDED]
        for queue in open_:
            for message_id, cause in outbox.hand_over(queue).items():
                with caused_by(cause):
                    broker.ring(tasks.deliver, str(message_id), queue=queue)
                handed_over += 1
        self._ring_periodic(time.monotonic(), open_)
        metrics.ROUND.show({(): time.time()})
        return handed_over

    def _ring_periodic(self, now: float, queues: Collection[str]) -> None:
        for path in [path for path, at in self._next.items() if at <= now and QUEUES[path] in queues]:
            broker.ring(tasks.run_periodic, path, queue=QUEUES[path])
            self._next[path] = now + SCHEDULE[path].total_seconds()  # only now: with Redis away it stays due

    def _guarded(self, work: Callable[[], int]) -> float:
        """Nothing that goes wrong ends the relay. How long to pause, in seconds."""
        try:
            return 0.0 if work() >= outbox.BATCH else IDLE_SECONDS
        except AWAY as error:
            logger.warning("relay waits: the database or Redis is away", extra={"error": type(error).__name__})
        except Exception:
            logger.exception("relay waits: a round failed")
        connection.close()
        return TROUBLE_SECONDS
