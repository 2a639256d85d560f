"""Celery tasks: Celery is the doorbell, the outbox is the record."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from celery import shared_task, states
from celery.signals import task_postrun, task_prerun
from django.utils.module_loading import autodiscover_modules, import_string

from domains.common.background import broker, delivering, outbox
from domains.common.background.periodic import QUEUES, SCHEDULE, Unfinished
from domains.common.tracing import Kind, Origin, caused_by, messaging, span

logger = logging.getLogger(__name__)


@task_prerun.connect
def _begin(task: Any, **_: Any) -> None:
    """What a task does and logs, and what Celery logs of it, belongs to who rang for it."""
    sent = task.request.headers or {}
    task.request.block = block = ExitStack()
    block.enter_context(caused_by(Origin(sent.get("request_id", ""), sent.get("traceparent", ""))))
    queue = task.request.delivery_info["routing_key"]
    message = {**messaging("celery", "process", queue), "messaging.message.id": task.request.id}
    task.request.span = block.enter_context(span(f"process {queue}", Kind.CONSUMER, message))


@task_postrun.connect
def _end(task: Any, state: str, retval: object, **_: Any) -> None:
    if task.request.span and state == states.FAILURE:
        task.request.span.fail(type(retval).__qualname__)
    task.request.block.close()


@shared_task
def deliver(message_id: str) -> None:
    """Do the work of one outbox message."""
    delivering.deliver(UUID(message_id))


@shared_task
def run_periodic(path: str) -> None:
    """Call a registered periodic function, named by its dotted path, and no other; again when it is Unfinished."""
    autodiscover_modules("handlers")
    if path not in SCHEDULE:
        logger.error("no such periodic function", extra={"path": path})
        return
    try:
        import_string(path)()
    except Unfinished:
        broker.ring(run_periodic, path, queue=QUEUES.get(path, outbox.DEFAULT))
