"""The outbox: work promised in a transaction, done after it, its effect recorded exactly once.

`enqueue` writes a message in the caller's transaction. The relay hands due messages to Celery, which calls
`delivering.deliver`: lease, do the work outside any transaction, then commit the effect together with `done_at`.
A crash anywhere leaves a message that comes due again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from domains.common.background.models import OutboxMessage
from domains.common.data.writes import Write, change, from_now, insert
from domains.common.tracing import Kind, Origin, messaging, origin, span

logger = logging.getLogger(__name__)

REDELIVERY = timedelta(seconds=10)  # a message that the relay handed over and nobody finished is handed over again
MAX_BACK_OFF = timedelta(minutes=5)
PATIENCE = timedelta(days=1)  # longer than a neighbour's outage; then it is for people to look at
BATCH = 100
DEFAULT = ""  # the queue of topics that name none
_WITHDRAW = "UPDATE common_outboxmessage SET done_at = now() WHERE key = %s AND topic = %s AND done_at IS NULL"

type Effect = Callable[[], object]
type Handler = Callable[[OutboxMessage], Effect | None]
type Abandon = Callable[[OutboxMessage], object]


@dataclass(frozen=True, slots=True)
class Work:
    """How the messages of a topic are done; the parameters of `handler`."""

    function: Handler
    queue: str
    away: type[Exception] | tuple[type[Exception], ...]
    patience: timedelta
    longest_pause: timedelta
    abandon: Abandon | None


_handlers: dict[str, Work] = {}


class Postpone(Exception):
    """A handler's way to say: not decided yet, come back later. Not counted as a failure."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"not before {after}")
        self.after = after


class Refused(Exception):
    """A handler's way to say: this will never be done. The message dies at once; staff read the text."""


def handler(
    topic: str,
    *,
    queue: str = DEFAULT,
    away: type[Exception] | tuple[type[Exception], ...] = (),
    patience: timedelta = PATIENCE,
    longest_pause: timedelta = timedelta(minutes=1),
    abandon: Abandon | None = None,
) -> Callable[[Handler], Handler]:
    """Register the function that does the work of a topic; domains keep theirs in `handlers.py`.

    It runs outside any transaction, at least once, and may return an effect to commit with the acknowledgement.
    `queue` is for work that waits for somebody else: workers of its own keep it from holding up all other work.
    An error of the kind `away`, whose text holds no secret, says that somebody else does not answer. It is no failure
    until the message is older than `patience`: the work is tried again, after pauses that grow to `longest_pause`.
    Work that may stay undone, when it is Refused or staff discard it, has an `abandon`, which writes down that it did,
    in the transaction that ends the message. All other work is never discarded.
    """

    def register(function: Handler) -> Handler:
        _handlers[topic] = Work(function, queue, away, patience, longest_pause, abandon)
        return function

    return register


def work_of(topic: str) -> Work:
    """How its messages are done. Raises KeyError for a topic that nobody does."""
    return _handlers[topic]


def queues() -> set[str]:
    """The queues of all topics."""
    return {DEFAULT, *(work.queue for work in _handlers.values())}


def abandonable() -> dict[str, Abandon]:
    """The topics whose work may stay undone, with what writes that down."""
    return {topic: work.abandon for topic, work in _handlers.items() if work.abandon}


def enqueue(topic: str, *, key: UUID, due_in: timedelta = timedelta(0), **payload: Any) -> OutboxMessage:
    """Promise work about the row `key`, in the caller's transaction."""
    message = promise(topic, key=key, due_in=due_in, **payload)
    insert(message)
    return message


def promise(topic: str, *, key: UUID, due_in: timedelta = timedelta(0), **payload: Any) -> OutboxMessage:
    """The row of `enqueue`, for a caller that inserts it along with others."""
    with span(f"create {topic}", Kind.PRODUCER, messaging("outbox", "create", topic)):
        return OutboxMessage(topic=topic, key=key, payload=payload, due_at=from_now(due_in), **origin()._asdict())


def hasten(topic: str, *, key: UUID) -> None:
    """Make the open messages of a row due at once."""
    OutboxMessage.objects.filter(topic=topic, key=key, done_at__isnull=True).update(due_at=Now())


def withdraw(topic: str, *, key: UUID) -> None:
    """Acknowledge the open messages of a row: what they promised has happened otherwise."""
    change(*withdrawal(topic, key=key))


def withdrawal(topic: str, *, key: UUID) -> Write:
    """What `withdraw` does, for a caller that writes it along with others."""
    return _WITHDRAW, key, topic


def hand_over(queue: str | None = None) -> dict[UUID, Origin]:
    """Take up to BATCH due messages for delivery and push their next due time back, skipping locked rows.

    Those of one queue, or of all; their ids, and where they come from.
    """
    with transaction.atomic(durable=True):
        due = free().filter(_topics(queue), due_at__lte=Now()).order_by("due_at")
        taken = due.select_for_update(skip_locked=True).values_list("id", *Origin._fields)[:BATCH]
        messages = {message_id: Origin(*cause) for message_id, *cause in taken}
        OutboxMessage.objects.filter(id__in=messages).update(due_at=Now() + REDELIVERY)
    return messages


def free() -> QuerySet[OutboxMessage]:
    """Open messages that nobody works at."""
    no_lease = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    return OutboxMessage.objects.filter(no_lease, done_at__isnull=True, dead_at__isnull=True)


def _topics(queue: str | None) -> Q:
    if queue is None:
        return Q()
    if queue == DEFAULT:  # and of topics that nobody does: they fail, and staff see them
        return ~Q(topic__in=[topic for topic, work in _handlers.items() if work.queue != DEFAULT])
    return Q(topic__in=[topic for topic, work in _handlers.items() if work.queue == queue])


def back_off(attempts: int, *, base: timedelta = timedelta(seconds=2), most: timedelta = MAX_BACK_OFF) -> timedelta:
    """`base` doubled with each attempt after the first, at most `most`."""
    doublings = min(attempts - 1, 16)
    return min(base * (1 << doublings), most)
