"""What staff and operators do about work of the outbox that failed, or that waits too long.

One message by its id (staff, through the API) or many by topic (`manage.py outbox`); both by the same rule.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules

from domains.common.background import outbox
from domains.common.background.models import DEAD, OutboxMessage
from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer
from domains.operations.models import FailedMessage

logger = logging.getLogger(__name__)

CHUNK = 100  # messages that one transaction changes: the relay and workers wait for none of them long
DISCARDED = "Discarded"
_FRESH: dict[str, Any] = {"dead_at": None, "failures": 0, "due_at": Now(), "updated_at": Now()}
_DISCARDED: dict[str, Any] = {"done_at": Now(), "updated_at": Now(), "last_error": DISCARDED}


class State(StrEnum):
    """Where an unfinished message stands; each is in one of these."""

    DUE = "due"  # handed to a worker within moments
    WAITING = "waiting"  # for its time: promised for later, postponed, or after a failure
    LEASED = "leased"  # a worker is at it
    DEAD = "dead"  # not tried any more


_OPEN = Q(done_at__isnull=True, dead_at__isnull=True)
_LEASED = Q(leased_until__gte=Now())  # one that has run out is that of a worker that died
_IS = {
    State.DUE: _OPEN & ~_LEASED & Q(due_at__lte=Now()),
    State.WAITING: _OPEN & ~_LEASED & Q(due_at__gt=Now()),
    State.LEASED: _OPEN & _LEASED,
    State.DEAD: DEAD,
}


class NotDiscardable(Exception):
    """Nothing else would ever do this work: it is retried when its cause is mended, never discarded."""


def unfinished(state: State, *, topic: str = "", older_than: timedelta = timedelta(0)) -> QuerySet[OutboxMessage]:
    """The messages in a state, the first promised first: of one topic or of all, promised at least so long ago."""
    rows = OutboxMessage.objects.filter(_IS[state], created_at__lte=Now() - older_than)
    return (rows.filter(topic=topic) if topic else rows).order_by("created_at", "id")


def summary(rows: QuerySet[OutboxMessage]) -> list[dict[str, Any]]:
    """By `topic` and `last_error`, how many (`count`) and when the `oldest` was promised."""
    groups = rows.order_by("topic", "last_error").values("topic", "last_error")
    return [dict(group) for group in groups.annotate(count=Count("id"), oldest=Min("created_at"))]


def retry_message(*, viewer: Viewer, message_id: UUID) -> FailedMessage:
    """Give a failed message a fresh start, due at once. Raises NotFoundError unless it is failed."""
    visible = FailedMessage.objects.visible_to(viewer).filter(id=message_id)
    if not _change(visible, _FRESH, done="outbox messages retried", by=str(viewer.user_id)):
        raise NotFoundError("There is no such failed message", path=["messageId"])
    return FailedMessage.objects.get(id=message_id)


def retry(rows: QuerySet[OutboxMessage], *, limit: int, by: str) -> Iterator[int]:
    """Make the first `limit` messages due at once, as `retry_message` does, CHUNK by CHUNK: how many each time.

    Of those that wait only what was tried before: what was promised for later is not late.
    """
    tried = rows.exclude(dead_at__isnull=True, attempts=0)
    for ids in _chunks(tried, limit):
        yield _change(tried.filter(id__in=ids), _FRESH, done="outbox messages retried", by=by)


def discard(rows: QuerySet[OutboxMessage], *, limit: int, by: str) -> Iterator[int]:
    """End the first `limit` messages undone, CHUNK by CHUNK: how many each time. Not those that a worker is at.

    What that means for an order is written into its history. Raises NotDiscardable, before anything is changed,
    when one of the topics is no mail's: an order would never be decided, or money never move.
    """
    autodiscover_modules("handlers")
    may = outbox.abandonable()
    topics = rows.order_by("topic").values_list("topic", flat=True).distinct()
    if kept := [topic for topic in topics if topic not in may]:
        raise NotDiscardable(f"{', '.join(kept)}: this work must be done. Mend what it fails at, and retry it")
    free = rows.exclude(_LEASED).filter(topic__in=may)
    for ids in _chunks(free, limit):
        yield _change(free.filter(id__in=ids), _DISCARDED, done="outbox messages discarded", by=by)


def _chunks(rows: QuerySet[OutboxMessage], limit: int) -> Iterator[tuple[UUID, ...]]:
    """Of their ids now: what fails again meanwhile is not met twice."""
    return batched(list(rows.values_list("id", flat=True)[:limit]), CHUNK)


def _change(rows: QuerySet[Any], columns: dict[str, Any], *, done: str, by: str) -> int:
    """Of what is still as `rows` say once it is locked; what the relay or a worker has locked is left to them."""
    may = outbox.abandonable()
    with transaction.atomic(durable=True):
        locked = list(rows.order_by("id").select_for_update(skip_locked=True))
        OutboxMessage.objects.filter(id__in=[row.id for row in locked]).update(**columns)
        for row in locked if columns is _DISCARDED else ():
            may[row.topic](row)
    for topic in {row.topic for row in locked}:
        ids = [str(row.id) for row in locked if row.topic == topic]
        logger.warning(done, extra={"topic": topic, "by": by, "message_ids": ids})
    return len(locked)
