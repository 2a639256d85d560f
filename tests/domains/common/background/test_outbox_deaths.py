"""A worker that dies on a message leaves its lease: that is counted, and ends."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.utils import timezone

from domains.common.background import delivering, outbox
from domains.common.background.delivering import LEASE, MAX_FAILURES
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import back_off
from domains.common.tracing import Origin, caused_by
from tests.domains.common.promise import Promise
from tests.domains.common.time_limits import busy_with, end, time_is_up
from tests.logs import json_log, lines

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What nothing in the process sees coming: nobody gives the lease back."""


def die(message: OutboxMessage) -> None:
    raise Killed


def end_lease(message: OutboxMessage) -> None:
    OutboxMessage.objects.filter(id=message.id).update(leased_until=timezone.now() - timedelta(seconds=1))


def killed(message: OutboxMessage) -> timedelta:
    """For how long nobody touches the message after a worker took it and died."""
    now = timezone.now()
    with pytest.raises(Killed):
        delivering.deliver(message.id)
    message.refresh_from_db()
    assert message.leased_until is not None
    return message.leased_until - now


def test_a_message_that_kills_every_worker_dies_and_staff_can_see_why(promise: Promise) -> None:
    message = promise(die)
    for _ in range(MAX_FAILURES):
        killed(message)
        end_lease(message)
    assert not delivering.deliver(message.id)
    message.refresh_from_db()
    assert (message.attempts, message.failures, message.last_error) == (MAX_FAILURES, MAX_FAILURES, "WorkerDied")
    assert message.dead_at is not None
    assert message.lease is None
    OutboxMessage.objects.update(due_at=timezone.now())
    assert list(outbox.hand_over()) == []


def test_the_kills_of_a_bad_day_cost_no_more_than_the_lease_and_kill_no_message(promise: Promise) -> None:
    message = promise(lambda message: die(message) if message.attempts <= 4 else None)
    for _ in range(4):
        assert killed(message) < LEASE + timedelta(seconds=10)
        end_lease(message)
    assert delivering.deliver(message.id)


def test_the_more_workers_died_the_longer_until_the_next_one_dares(promise: Promise) -> None:
    message = promise(die)
    for deaths in range(MAX_FAILURES):
        assert killed(message) >= max(LEASE, back_off(deaths + 1))
        end_lease(message)


def test_an_error_and_a_death_count_alike(promise: Promise) -> None:
    def handler(message: OutboxMessage) -> None:
        if message.attempts == 1:
            raise ConnectionError
        die(message)

    message = promise(handler)
    delivering.deliver(message.id)
    killed(message)
    end_lease(message)
    killed(message)
    assert (message.attempts, message.failures) == (3, 2)


@pytest.mark.django_db(transaction=True)
def test_a_time_limit_in_the_middle_of_a_statement_is_a_failure_and_gives_the_lease_back(promise: Promise) -> None:
    def handler(message: OutboxMessage) -> None:
        OutboxMessage.objects.extra(where=["pg_sleep(600) IS NULL"]).exists()

    message = promise(handler)
    with time_is_up(busy_with("SELECT 1 AS")):
        assert not delivering.deliver(message.id)
    end("SELECT 1 AS")
    message.refresh_from_db()
    assert (message.failures, message.last_error, message.lease) == (1, "SoftTimeLimitExceeded", None)


@pytest.mark.parametrize("last", [ConnectionError, Killed])
def test_a_death_is_logged_with_topic_key_attempts_and_the_request_that_caused_it(
    promise: Promise, last: type[BaseException]
) -> None:
    def handler(message: OutboxMessage) -> None:
        raise last("a secret")

    with caused_by(Origin("deadly-0001")):
        message = promise(handler)
    OutboxMessage.objects.update(failures=MAX_FAILURES - 1)
    with json_log() as log, contextlib.suppress(Killed):
        delivering.deliver(message.id)
    end_lease(message)
    with json_log() as later:
        delivering.deliver(message.id)
    (died,) = lines(log, "outbox message died") + lines(later, "outbox message died")
    assert (died["level"], died["request_id"], died["attempt"]) == ("ERROR", "deadly-0001", 1)
    assert (died["topic"], died["key"]) == (message.topic, str(message.key))
    assert "secret" not in str(died)
