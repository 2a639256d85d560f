"""Celery's broker, as the relay needs it: a doorbell for each queue, which may be away at any time.

A queue is called by the name that a domain gives it beside its handlers; `queue_name` says what Celery calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from celery import Task, current_app
from django.conf import settings
from kombu import pools

from domains.common import tracing
from domains.common.background import outbox
from domains.common.background.periodic import QUEUES
from domains.common.tracing import Kind

import_module(settings.TASKS_APPLICATION)  # makes itself the application of all tasks


def queue_name(queue: str) -> str:
    """The default queue is that of the settings; others are below it: `ordergraph.money`."""
    default: str = current_app.conf.task_default_queue
    return f"{default}.{queue}" if queue != outbox.DEFAULT else default


def queues() -> set[str]:
    """Those of all outbox topics and periodic functions; their handlers have been imported."""
    return outbox.queues() | set(QUEUES.values())


def ring(task: Task[..., Any], argument: str, *, queue: str) -> None:
    """Put a task into a queue, with its origin. Tries once; raises whatever kombu and Redis raise."""
    name = queue_name(queue)
    with _mended(), tracing.span(f"send {name}", Kind.PRODUCER, tracing.messaging("celery", "send", name)):
        task.apply_async((argument,), queue=name, retry=False, headers=tracing.origin()._asdict())


def waiting(queue: str) -> int:
    """How many tasks wait for a worker there. Tries once; raises whatever kombu and Redis raise."""
    pooled: Any = current_app.pool.acquire(block=True)
    with _mended(), pooled as connection:
        count: int = connection.default_channel.queue_declare(queue=queue_name(queue)).message_count
    return count


@contextmanager
def _mended() -> Iterator[None]:
    """After an error kombu's pools hold a connection that fails ever after (an AttributeError): they are made anew."""
    try:
        yield
    except Exception:
        pools.reset()
        app: Any = current_app
        app._pool = app.amqp._producer_pool = None
        raise
