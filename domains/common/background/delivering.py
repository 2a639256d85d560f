"""Doing what the outbox promises: lease a message, do its work outside any transaction, record its effect once.

Celery, or whoever else has its id, calls `deliver`. Work may say that it comes back later (`outbox.Postpone`) or will
never be done (`outbox.Refused`); any other error is a failure, and after MAX_FAILURES of them the message is dead.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules

from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.measuring.instruments import histogram
from domains.common.tracing import Kind, Span, caused_by, messaging, span

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)  # after it a message of a worker that died is taken over; one that works renews it
# Errors and deaths of workers alike. With the pauses between them they take more than an hour: the kills of a bad day
# hit the same message a few times, and what kills its worker each time has killed twenty and no more.
MAX_FAILURES = 20
WORKER_DIED = "WorkerDied"

_seconds = histogram(
    *("outbox_delivery_seconds", "Seconds that an attempt to do the work of a message took.", "topic", "outcome"),
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 60),
)


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
    except outbox.Postpone as later:
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
    except outbox.Refused as refusal:
        _refuse(message, f"{type(refusal).__name__} {refusal}".rstrip())
        return False


@contextmanager
def _measured(topic: str) -> Iterator[None]:
    began, outcome = time.monotonic(), "failed"
    try:
        yield
        outcome = "done"
    except outbox.Postpone:
        outcome = "postponed"
        raise
    except outbox.Refused:
        outcome = "refused"
        raise
    finally:
        _seconds.observe(time.monotonic() - began, topic, outcome)


def _refuse(message: OutboxMessage, why: str) -> None:
    end = {"dead_at": Now(), "last_error": why[:200], "lease": None, "leased_until": None, "updated_at": Now()}
    with transaction.atomic(durable=True):
        if _held(message).update(failures=message.failures + 1, **end):
            _abandon(message)
    logger.warning("outbox message refused", extra=_about(message, error=why))


def _do(message: OutboxMessage) -> outbox.Effect | None:
    """The work itself. Raises Postpone while somebody else is away."""
    work = outbox.work_of(message.topic)
    try:
        return work.function(message)
    except work.away as error:
        old = OutboxMessage.objects.filter(id=message.id, created_at__lt=Now() - work.patience)
        if old.exists():
            raise
        pause = outbox.back_off(message.attempts, most=work.longest_pause)
        why = f"{type(error).__name__} {error}".rstrip()
        logger.warning("outbox message waits", extra=_about(message, error=why))
        raise outbox.Postpone(pause) from error


def _lease(message_id: UUID) -> OutboxMessage | None:
    """Take a free message. A lease that nobody gave back is that of a worker that died: a failure like any other."""
    message = outbox.free().filter(id=message_id).first()
    if message is None:
        return None
    taken = outbox.free().filter(id=message_id, attempts=message.attempts)
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
    with transaction.atomic(durable=True):
        if taken.update(failures=message.failures, last_error=message.last_error, **end):
            _end(message)


def _end(message: OutboxMessage) -> None:
    """It died: written down where its absence counts, in the caller's transaction, and logged."""
    _abandon(message)
    with caused_by(message.origin):
        logger.error("outbox message died", extra=_about(message, error=message.last_error))


def _abandon(message: OutboxMessage) -> None:
    if abandon := outbox.abandonable().get(message.topic):
        abandon(message)


def _about(message: OutboxMessage, **more: str | float) -> dict[str, str | float]:
    """What a log line tells of a message: ids, and nothing of its payload."""
    ids = {"topic": message.topic, "key": str(message.key), "message_id": str(message.id)}
    return {**ids, "attempt": message.attempts, **more}


def _lasting(message: OutboxMessage) -> timedelta:
    """Of a lease: the more workers died before, the longer until the next one dares."""
    return max(LEASE, outbox.back_off(message.failures + 1))


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


def _finish(message: OutboxMessage, effect: outbox.Effect | None) -> bool:
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
    with transaction.atomic(durable=True):
        if _release(message, after=outbox.back_off(failures), **changes) and dead:
            _end(message)
