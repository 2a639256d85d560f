"""One worker at a time: a lease keeps others away, and ends by itself when its worker died."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from domains.common import outbox
from domains.common.models import OutboxMessage
from domains.common.outbox import Effect
from domains.products.models import Category
from tests.domains.common.conftest import Promise
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db


def put_up(name: str) -> None:
    CategoryFactory.create(name=name)


def end_lease(message: OutboxMessage) -> None:
    OutboxMessage.objects.filter(id=message.id).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_leased_message_is_left_alone(promise: Promise) -> None:
    rivals: list[bool] = []
    message = promise(lambda message: rivals.append(outbox.deliver(message.id)))
    assert outbox.deliver(message.id)
    assert rivals == [False]


def test_a_leased_message_is_not_handed_over(promise: Promise) -> None:
    handed: list[object] = []
    message = promise(lambda message: handed.extend(outbox.hand_over()))
    assert outbox.deliver(message.id)
    assert handed == []


def test_an_expired_lease_is_taken_over_and_the_late_worker_records_nothing(promise: Promise) -> None:
    rival: list[bool] = []

    def handler(message: OutboxMessage) -> Effect:
        if message.attempts == 1:  # this worker is slow: another takes over and finishes before it
            end_lease(message)
            rival.append(outbox.deliver(message.id))
        return partial(put_up, f"worker {message.attempts}")

    message = promise(handler)
    assert not outbox.deliver(message.id)
    assert rival == [True]
    assert list(Category.objects.values_list("name", flat=True)) == ["worker 2"]


def test_a_late_worker_that_fails_does_not_disturb_the_one_that_took_over(promise: Promise) -> None:
    def handler(message: OutboxMessage) -> None:
        if message.attempts == 1:
            end_lease(message)
            outbox.deliver(message.id)
            raise RuntimeError("too late")

    message = promise(handler)
    assert not outbox.deliver(message.id)
    message.refresh_from_db()
    assert message.done_at is not None
    assert message.failures == 0


def test_a_message_whose_worker_died_comes_due_again(promise: Promise) -> None:
    message = promise(lambda message: None)
    past = timezone.now() - timedelta(seconds=1)
    OutboxMessage.objects.filter(id=message.id).update(lease=message.id, leased_until=past)
    assert outbox.hand_over() == [message.id]
    assert outbox.deliver(message.id)
