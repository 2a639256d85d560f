"""Messages that cannot be done now come back later, and less and less often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from domains.common.background import delivering, outbox
from domains.common.background.delivering import MAX_FAILURES
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import MAX_BACK_OFF, Postpone
from domains.common.data.models import new_id
from tests.domains.common.promise import Promise

pytestmark = pytest.mark.django_db


def fail(message: OutboxMessage) -> None:
    raise ConnectionError("customer@example.com was refused")


def postpone(message: OutboxMessage) -> None:
    raise Postpone(timedelta(minutes=5))


def test_a_postponed_message_comes_back_and_counts_no_failure(promise: Promise) -> None:
    message = promise(postpone)
    before = timezone.now()
    assert not delivering.deliver(message.id)
    message.refresh_from_db()
    assert (message.attempts, message.failures, message.lease) == (1, 0, None)
    assert message.due_at >= before + timedelta(minutes=5)
    assert list(outbox.hand_over()) == []


def test_a_failure_is_noted_without_its_text_and_comes_back(promise: Promise) -> None:
    message = promise(fail)
    before = timezone.now()
    assert not delivering.deliver(message.id)
    message.refresh_from_db()
    assert (message.failures, message.last_error, message.lease) == (1, "ConnectionError", None)
    assert message.due_at >= before + outbox.back_off(1)


def test_a_message_without_a_handler_is_a_failure() -> None:
    message = outbox.enqueue("nobody-does-this", key=new_id())
    assert not delivering.deliver(message.id)
    message.refresh_from_db()
    assert (message.failures, message.last_error) == (1, "KeyError")


def test_a_message_that_always_fails_dies_and_is_left_alone(promise: Promise) -> None:
    message = promise(fail)
    for _ in range(MAX_FAILURES):
        delivering.deliver(message.id)
    message.refresh_from_db()
    assert message.failures == MAX_FAILURES
    assert message.dead_at is not None
    OutboxMessage.objects.update(due_at=timezone.now())
    assert list(outbox.hand_over()) == []
    delivering.deliver(message.id)
    message.refresh_from_db()
    assert message.attempts == MAX_FAILURES


def test_a_neighbour_that_is_away_is_no_failure_until_patience_ends(promise: Promise) -> None:
    message = promise(fail)
    outbox.handler(message.topic, away=ConnectionError, longest_pause=timedelta(hours=1))(fail)
    for _ in range(2 * MAX_FAILURES):
        delivering.deliver(message.id)
    message.refresh_from_db()
    assert (message.failures, message.dead_at) == (0, None)
    assert timedelta(minutes=59) < message.due_at - timezone.now() <= timedelta(hours=1)
    OutboxMessage.objects.update(created_at=timezone.now() - outbox.PATIENCE)
    delivering.deliver(message.id)
    message.refresh_from_db()
    assert (message.failures, message.last_error) == (1, "ConnectionError")


def test_waits_double_up_to_a_limit() -> None:
    assert [outbox.back_off(n).total_seconds() for n in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert outbox.back_off(10_000) == MAX_BACK_OFF
    assert outbox.back_off(2, base=timedelta(seconds=5), most=timedelta(seconds=7)) == timedelta(seconds=7)


def test_hastened_messages_are_due_at_once(promise: Promise) -> None:
    mine, other = promise(postpone), promise(postpone)
    for message in (mine, other):
        delivering.deliver(message.id)
    outbox.hasten(mine.topic, key=mine.key)
    assert list(outbox.hand_over()) == [mine.id]


def test_a_withdrawn_message_is_done(promise: Promise) -> None:
    message = promise(fail)
    outbox.withdraw(message.topic, key=new_id())
    message.refresh_from_db()
    assert message.done_at is None
    outbox.withdraw(message.topic, key=message.key)
    assert list(outbox.hand_over()) == []
    assert not delivering.deliver(message.id)
    message.refresh_from_db()
    assert message.attempts == 0
