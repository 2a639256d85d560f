"""One worker at a time: a lease keeps others away, and ends by itself when its worker died."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from domains.common.background import delivering, outbox
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import Effect
from domains.products.models import Category
from tests.domains.common.promise import Promise
from tests.domains.common.together import PATIENCE
from tests.factories import CategoryFactory
from tests.processes import wait_until

pytestmark = pytest.mark.django_db


def put_up(name: str) -> None:
    CategoryFactory.create(name=name)


def end_lease(message: OutboxMessage) -> None:
    OutboxMessage.objects.filter(id=message.id).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_leased_message_is_left_alone(promise: Promise) -> None:
    rivals: list[bool] = []
    message = promise(lambda message: rivals.append(delivering.deliver(message.id)))
    assert delivering.deliver(message.id)
    assert rivals == [False]


def test_a_leased_message_is_not_handed_over(promise: Promise) -> None:
    handed: list[object] = []
    message = promise(lambda message: handed.extend(outbox.hand_over()))
    assert delivering.deliver(message.id)
    assert handed == []


def test_an_expired_lease_is_taken_over_and_the_late_worker_records_nothing(promise: Promise) -> None:
    rival: list[bool] = []

    def handler(message: OutboxMessage) -> Effect:
        if message.attempts == 1:  # this worker is slow: another takes over and finishes before it
            end_lease(message)
            rival.append(delivering.deliver(message.id))
        return partial(put_up, f"worker {message.attempts}")

    message = promise(handler)
    assert not delivering.deliver(message.id)
    assert rival == [True]
    assert list(Category.objects.values_list("name", flat=True)) == ["worker 2"]


def test_a_late_worker_that_fails_does_not_disturb_the_one_that_took_over(promise: Promise) -> None:
    def handler(message: OutboxMessage) -> None:
        if message.attempts == 1:
            end_lease(message)
            delivering.deliver(message.id)
            raise RuntimeError("too late")

    message = promise(handler)
    assert not delivering.deliver(message.id)
    message.refresh_from_db()
    assert message.done_at is not None
    assert message.failures == 1  # that it was taken over; its own error came too late to count


def test_a_message_whose_worker_died_comes_due_again(promise: Promise) -> None:
    message = promise(lambda message: None)
    past = timezone.now() - timedelta(seconds=1)
    OutboxMessage.objects.filter(id=message.id).update(lease=message.id, leased_until=past)
    assert list(outbox.hand_over()) == [message.id]
    assert delivering.deliver(message.id)


@pytest.mark.django_db(transaction=True)
def test_a_slow_worker_that_was_taken_over_can_finish_and_the_effect_is_recorded_once(promise: Promise) -> None:
    taken_over, finished = threading.Event(), threading.Event()

    def handler(message: OutboxMessage) -> Effect:
        if message.attempts == 1:
            end_lease(message)
            rivals.append(threads.submit(deliver_elsewhere, message))
            assert taken_over.wait(PATIENCE)
        else:
            taken_over.set()
            assert finished.wait(PATIENCE)
        return partial(put_up, f"worker {message.attempts}")

    rivals: list[Future[bool]] = []
    message = promise(handler)
    with ThreadPoolExecutor(1) as threads:
        try:
            assert delivering.deliver(message.id)
        finally:
            finished.set()
        assert not rivals[0].result()
    assert list(Category.objects.values_list("name", flat=True)) == ["worker 1"]


def deliver_elsewhere(message: OutboxMessage) -> bool:
    try:
        return delivering.deliver(message.id)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_work_that_takes_long_keeps_its_lease_and_nobody_repeats_it(
    promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LEASE", timedelta(seconds=0.3))  # renewed after a third of it
    rivals: list[bool] = []

    def handler(message: OutboxMessage) -> None:
        end_lease(message)
        wait_until(OutboxMessage.objects.filter(leased_until__gt=timezone.now()).exists, what="the lease is renewed")
        rivals.append(delivering.deliver(message.id))

    message = promise(handler)
    assert delivering.deliver(message.id)
    message.refresh_from_db()
    assert (rivals, message.attempts, message.lease) == ([False], 1, None)


@pytest.mark.django_db(transaction=True)
def test_work_that_never_ends_loses_its_lease_at_last(
    promise: Promise, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(delivering, "LEASE", timedelta(0))
    settings.CELERY_TASK_TIME_LIMIT = 0
    before = threading.active_count()

    def handler(message: OutboxMessage) -> None:
        wait_until(lambda: threading.active_count() == before, what="nobody renews the lease any more")

    assert delivering.deliver(promise(handler).id)
