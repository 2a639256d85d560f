"""The outbox: work promised in a transaction, done after it, its effect recorded exactly once.

`enqueue` writes a message in the caller's transaction. The relay hands due messages to Celery, which calls
`deliver`: lease, do the work outside any transaction, then commit the effect together with `done_at`.
A crash anywhere leaves a message that comes due again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from domains.common.errors import NotFoundError
from domains.common.models import DEAD, FailedMessage, OutboxMessage
from domains.common.rows import change, insert

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)  # longer than any provider's time-out
REDELIVERY = timedelta(seconds=10)  # a message that the relay handed over and nobody finished is handed over again
MAX_FAILURES = 20
MAX_BACK_OFF = timedelta(minutes=5)
BATCH = 100
_WITHDRAW = "UPDATE common_outboxmessage SET done_at = %s WHERE key = %s AND topic = %s AND done_at IS NULL"

type Effect = Callable[[], None]
type Handler = Callable[[OutboxMessage], Effect | None]

_handlers: dict[str, Handler] = {}


class Postpone(Exception):
    """A handler's way to say: not decided yet, come back later. Not counted as a failure."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"not before {after}")
        self.after = after


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that does the work of a topic; domains keep theirs in `handlers.py`.

    It runs outside any transaction, at least once, and may return an effect to commit with the acknowledgement.
    """

    def register(function: Handler) -> Handler:
        _handlers[topic] = function
        return function

    return register


def enqueue(topic: str, *, key: UUID, due_in: timedelta = timedelta(0), **payload: Any) -> OutboxMessage:
    """Promise work about the row `key`, in the caller's transaction."""
    message = promise(topic, key=key, due_in=due_in, **payload)
    insert(message)
    return message


def promise(topic: str, *, key: UUID, due_in: timedelta = timedelta(0), **payload: Any) -> OutboxMessage:
    """The row of `enqueue`, for a caller that inserts it along with others."""
    return OutboxMessage(topic=topic, key=key, payload=payload, due_at=timezone.now() + due_in)


def hasten(topic: str, *, key: UUID) -> None:
    """Make the open messages of a row due at once."""
    OutboxMessage.objects.filter(topic=topic, key=key, done_at__isnull=True).update(due_at=timezone.now())


def withdraw(topic: str, *, key: UUID) -> None:
    """Acknowledge the open messages of a row: what they promised has happened otherwise."""
    change(_WITHDRAW, timezone.now(), key, topic)


def retry(message_id: UUID) -> FailedMessage:
    """Give a dead message a fresh start, due at once. Raises NotFoundError unless it is dead."""
    now = timezone.now()
    fresh = {"dead_at": None, "failures": 0, "due_at": now, "updated_at": now}
    if not FailedMessage.objects.filter(DEAD, id=message_id).update(**fresh):
        raise NotFoundError("There is no such failed message", path=["messageId"])
    return FailedMessage.objects.get(id=message_id)


def hand_over() -> list[UUID]:
    """Take up to BATCH due messages for delivery and push their next due time back, skipping locked rows."""
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    with transaction.atomic(durable=True):
        due = OutboxMessage.objects.filter(free, due_at__lte=now, done_at__isnull=True, dead_at__isnull=True)
        ids = list(due.order_by("due_at").select_for_update(skip_locked=True).values_list("id", flat=True)[:BATCH])
        OutboxMessage.objects.filter(id__in=ids).update(due_at=now + REDELIVERY)
    return ids


def deliver(message_id: UUID) -> bool:
    """Do the work of one message; True when this call finished it.

    A message that is done, dead or leased by another worker is left alone.
    """
    autodiscover_modules("handlers")
    message = _lease(message_id)
    if message is None:
        return False
    try:
        effect = _handlers[message.topic](message)
        return _finish(message, effect)
    except Postpone as later:
        _release(message, after=later.after)
    except Exception as error:
        logger.exception("outbox message failed", extra={"topic": message.topic, "message_id": str(message.id)})
        _fail(message, error)
    return False


def _lease(message_id: UUID) -> OutboxMessage | None:
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    open_ = OutboxMessage.objects.filter(free, id=message_id, done_at__isnull=True, dead_at__isnull=True)
    lease = uuid4()
    if not open_.update(lease=lease, leased_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    return OutboxMessage.objects.get(id=message_id)


def _held(message: OutboxMessage) -> Any:
    return OutboxMessage.objects.filter(id=message.id, lease=message.lease, done_at__isnull=True)


def _finish(message: OutboxMessage, effect: Effect | None) -> bool:
    now = timezone.now()
    with transaction.atomic(durable=True):
        if not _held(message).update(done_at=now, lease=None, leased_until=None, updated_at=now):
            return False
        if effect is not None:
            effect()
    return True


def _release(message: OutboxMessage, *, after: timedelta, **changes: Any) -> None:
    now = timezone.now()
    _held(message).update(due_at=now + after, lease=None, leased_until=None, updated_at=now, **changes)


def _fail(message: OutboxMessage, error: Exception) -> None:
    failures = message.failures + 1
    dead = timezone.now() if failures >= MAX_FAILURES else None
    # The type alone: the text of a driver's error may quote the row.
    _release(message, after=back_off(failures), failures=failures, dead_at=dead, last_error=type(error).__name__)


def back_off(attempts: int, *, base: timedelta = timedelta(seconds=2), most: timedelta = MAX_BACK_OFF) -> timedelta:
    """`base` doubled with each attempt after the first, at most `most`."""
    doublings = min(attempts - 1, 16)
    return min(base * (1 << doublings), most)
