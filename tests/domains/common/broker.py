"""A Celery application with a queue of its own, in place of the project's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any
from uuid import uuid4

from celery import Celery
from django.conf import settings

from backend.celery import app as project
from domains.common.background.broker import queue_name
from domains.common.background.outbox import DEFAULT


@contextmanager
def own_queue(url: str | None = None, **options: Any) -> Iterator[Celery]:
    """What the tasks are sent through meanwhile; the settings are the project's but for the queue and the broker."""
    app = Celery("test", broker=url or settings.REDIS_URL, set_as_current=False)
    app.conf.task_default_queue = f"test-{uuid4().hex}"
    app.conf.broker_transport_options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **options}
    app.set_current()
    try:
        yield app
    finally:
        project.set_current()
        app.close()


def waiting(app: Celery, name: str = DEFAULT) -> list[tuple[str, list[Any]]]:
    """Take every task from the queue: name and arguments."""
    return [(headers["task"], arguments) for headers, arguments in _taken(app, name)]


def work(app: Celery, name: str = DEFAULT) -> None:
    """Do every task of the queue, as a worker that got these messages would, in this thread."""
    for headers, arguments in _taken(app, name):
        project.tasks[headers["task"]].apply(tuple(arguments), headers=headers, routing_key=queue_name(name))


def _taken(app: Celery, name: str) -> list[tuple[dict[str, Any], list[Any]]]:
    messages: list[tuple[dict[str, Any], list[Any]]] = []
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue(queue_name(name))
        try:
            while True:
                message = queue.get(block=False)
                message.ack()
                messages.append((message.headers, message.payload[0]))
        except Empty:
            queue.queue.delete()
        finally:
            queue.close()
    return messages


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
