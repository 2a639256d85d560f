"""Celery tasks: Celery is the doorbell, the outbox is the record."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task
from django.utils.module_loading import autodiscover_modules, import_string

from domains.common.background import broker, outbox
from domains.common.background.periodic import QUEUES, SCHEDULE, Unfinished

logger = logging.getLogger(__name__)


@shared_task
def deliver(message_id: str) -> None:
    """Do the work of one outbox message."""
    outbox.deliver(UUID(message_id))


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
