"""The outbox: work promised in a transaction, done after it, its effect recorded exactly once.

`enqueue` writes a message in the caller's transaction. The relay hands due messages to Celery, which calls
`deliver`: lease, do the work outside any transaction, then commit the effect together with `done_at`.
A crash anywhere leaves a message that comes due again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules

from domains.common.background.models import OutboxMessage
from domains.common.data.writes import Write, change, from_now, insert
from domains.common.measuring.instruments import histogram
from domains.common.tracing import Kind, Origin, Span, caused_by, messaging, origin, span

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)  # after it a message of a worker that died is taken over; one that works renews it
REDELIVERY = timedelta(seconds=10)  # a message that the relay handed over and nobody finished is handed over again
# Errors and deaths of workers alike. With the pauses between them they take more than an hour: the kills of a bad day
# hit the same message a few times, and what kills its worker each time has killed twenty and no more.
MAX_FAILURES = 20
WORKER_DIED = "WorkerDied"
MAX_BACK_OFF = timedelta(minutes=5)
PATIENCE = timedelta(days=1)  # longer than a neighbour's outage; then it is for people to look at
BATCH = 100
DEFAULT = ""  # the queue of topics that name none
_WITHDRAW = "UPDATE common_outboxmessage SET done_at = now() WHERE key = %s AND topic = %s AND done_at IS NULL"

_seconds = histogram(
    *("outbox_delivery_seconds", "Seconds that an attempt to do the work of a message took.", "topic", "outcome"),
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 60),
)

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
        due = _free().filter(_topics(queue), due_at__lte=Now()).order_by("due_at")
        taken = due.select_for_update(skip_locked=True).values_list("id", *Origin._fields)[:BATCH]
        messages = {message_id: Origin(*cause) for message_id, *cause in taken}
        OutboxMessage.objects.filter(id__in=messages).update(due_at=Now() + REDELIVERY)
    return messages


def _free() -> QuerySet[OutboxMessage]:
    """Open messages that nobody works at."""
    no_lease = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    return OutboxMessage.objects.filter(no_lease, done_at__isnull=True, dead_at__isnull=True)


def _topics(queue: str | None) -> Q:
    if queue is None:
        return Q()
    if queue == DEFAULT:  # and of topics that nobody does: they fail, and staff see them
        return ~Q(topic__in=[topic for topic, work in _handlers.items() if work.queue != DEFAULT])
    return Q(topic__in=[topic for topic, work in _handlers.items() if work.queue == queue])


def deliver(message_id: UUID) -> bool:
    """Do the work of one message; True when this call finished it.

    A message that is done, dead or leased by another worker is left alone.
    """
    autodiscover_modules("handlers")
    message = _lease(message_id)
    if message is None:
        return False
    ids = {"messaging.message.id": str(message.id), "messaging.message.conversation_id": message.request_id}
    seen = {**messaging("outbox", "process", message.topic), **ids}
    with caused_by(message.origin), span(f"process {message.topic}", Kind.CONSUMER, seen) as recorded:
        return _deliver(message, recorded)


def _deliver(message: OutboxMessage, recorded: Span | None) -> bool:
    began = time.monotonic()
    try:
        with _kept(message):
            finished = _attempt(message)
        if finished:
            seconds = round(time.monotonic() - began, 3)
            logger.info("outbox message done", extra=_about(message, duration_s=seconds))
        return finished
    except Postpone as later:
        _release(message, after=later.after)
    except Exception as error:
        logger.exception("outbox message failed", extra=_about(message))
        if recorded:
            recorded.fail(type(error).__qualname__)
        if not connection.is_usable():  # a time limit struck in the middle of a statement, or the database left
            connection.close()
        _fail(message, error)
    return False


def _attempt(message: OutboxMessage) -> bool:
    """Whether this call finished it. Raises whatever the work raises but Refused."""
    try:
        with _measured(message.topic):
            return _finish(message, _do(message))
    except Refused as refusal:
        _refuse(message, f"{type(refusal).__name__} {refusal}".rstrip())
        return False


@contextmanager
def _measured(topic: str) -> Iterator[None]:
    began, outcome = time.monotonic(), "failed"
    try:
        yield
        outcome = "done"
    except Postpone:
        outcome = "postponed"
        raise
    except Refused:
        outcome = "refused"
        raise
    finally:
        _seconds.observe(time.monotonic() - began, topic, outcome)


def _refuse(message: OutboxMessage, why: str) -> None:
    end = {"dead_at": Now(), "last_error": why[:200], "lease": None, "leased_until": None, "updated_at": Now()}
    with transaction.atomic(durable=True):
        abandon = abandonable().get(message.topic)
        if _held(message).update(failures=message.failures + 1, **end) and abandon:
            abandon(message)
    logger.warning("outbox message refused", extra=_about(message, error=why))


def _do(message: OutboxMessage) -> Effect | None:
    """The work itself. Raises Postpone while somebody else is away."""
    work = _handlers[message.topic]
    try:
        return work.function(message)
    except work.away as error:
        old = OutboxMessage.objects.filter(id=message.id, created_at__lt=Now() - work.patience)
        if old.exists():
            raise
        pause = back_off(message.attempts, most=work.longest_pause)
        why = f"{type(error).__name__} {error}".rstrip()
        logger.warning("outbox message waits", extra=_about(message, error=why))
        raise Postpone(pause) from error


def _lease(message_id: UUID) -> OutboxMessage | None:
    """Take a free message. A lease that nobody gave back is that of a worker that died: a failure like any other."""
    message = _free().filter(id=message_id).first()
    if message is None:
        return None
    taken = _free().filter(id=message_id, attempts=message.attempts)
    if message.lease is not None:
        message.failures, message.last_error = message.failures + 1, WORKER_DIED
    if message.failures >= MAX_FAILURES:
        _bury(message, taken)
        return None
    message.lease, message.attempts = uuid4(), message.attempts + 1
    changed = {name: getattr(message, name) for name in ("lease", "attempts", "failures", "last_error")}
    return message if taken.update(leased_until=Now() + _lasting(message), **changed) else None


def _bury(message: OutboxMessage, taken: QuerySet[OutboxMessage]) -> None:
    end = {"lease": None, "leased_until": None, "dead_at": Now(), "updated_at": Now()}
    if taken.update(failures=message.failures, last_error=message.last_error, **end):
        _log_death(message)


def _log_death(message: OutboxMessage) -> None:
    with caused_by(message.origin):
        logger.error("outbox message died", extra=_about(message, error=message.last_error))


def _about(message: OutboxMessage, **more: str | float) -> dict[str, str | float]:
    """What a log line tells of a message: ids, and nothing of its payload."""
    ids = {"topic": message.topic, "key": str(message.key), "message_id": str(message.id)}
    return {**ids, "attempt": message.attempts, **more}


def _lasting(message: OutboxMessage) -> timedelta:
    """Of a lease: the more workers died before, the longer until the next one dares."""
    return max(LEASE, back_off(message.failures + 1))


@contextmanager
def _kept(message: OutboxMessage) -> Iterator[None]:
    """Renew the lease while the work lasts: a slow mail server is no reason to send the mail again."""
    done = threading.Event()
    threading.Thread(target=_renew, args=(message, done), daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _renew(message: OutboxMessage, done: threading.Event) -> None:
    end = time.monotonic() + settings.CELERY_TASK_TIME_LIMIT  # work that hangs is somebody else's turn at last
    while not done.wait(LEASE.total_seconds() / 3) and time.monotonic() < end:
        try:
            _held(message).update(leased_until=Now() + _lasting(message))
        except DatabaseError as error:
            logger.warning("lease not renewed", extra={"error": type(error).__name__})
        finally:
            connection.close()


def _held(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(id=message.id, lease=message.lease, done_at__isnull=True)


def _finish(message: OutboxMessage, effect: Effect | None) -> bool:
    """The first one to finish is the one that did it, whoever holds the lease by now."""
    with transaction.atomic(durable=True):
        open_ = OutboxMessage.objects.filter(id=message.id, done_at__isnull=True)
        if not open_.update(done_at=Now(), lease=None, leased_until=None, updated_at=Now()):
            return False
        if effect is not None:
            effect()
    return True


def _release(message: OutboxMessage, *, after: timedelta, **changes: Any) -> int:
    return _held(message).update(due_at=Now() + after, lease=None, leased_until=None, updated_at=Now(), **changes)


def _fail(message: OutboxMessage, error: Exception) -> None:
    failures = message.failures + 1
    dead = Now() if failures >= MAX_FAILURES else None
    message.last_error = type(error).__name__  # alone: the text of a driver's error may quote the row
    changes = {"failures": failures, "dead_at": dead, "last_error": message.last_error}
    if _release(message, after=back_off(failures), **changes) and dead:
        _log_death(message)


def back_off(attempts: int, *, base: timedelta = timedelta(seconds=2), most: timedelta = MAX_BACK_OFF) -> timedelta:
    """`base` doubled with each attempt after the first, at most `most`."""
    doublings = min(attempts - 1, 16)
    return min(base * (1 << doublings), most)
