"""Celery tasks: Celery is the doorbell, the outbox is the record."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils.module_loading import import_string

from domains.common.background import outbox
from domains.common.background.periodic import Unfinished


@shared_task
def deliver(message_id: str) -> None:
    """Do the work of one outbox message."""
    outbox.deliver(UUID(message_id))


@shared_task
def run_periodic(path: str) -> None:
    """Call a domain's periodic function, named by its dotted path; once more when it is Unfinished."""
    try:
        import_string(path)()
    except Unfinished:
        run_periodic.apply_async((path,))
