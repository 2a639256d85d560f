"""Budgets: exact, all or nothing, and over when their time is over."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone

from domains.common.data import transactions
from domains.common.errors import RateLimitedError, ServiceUnavailableError
from domains.common.guard import throttling
from domains.common.guard.bulkhead import PASSWORDS
from domains.common.guard.models import Attempt
from domains.common.guard.throttling import Budget, attempt, reserve, spend
from domains.common.handlers import purge
from tests.domains.common.together import locked_elsewhere, together

pytestmark = pytest.mark.django_db


def budget(most: int, *, seconds: int = 60) -> Budget:
    return Budget("test", uuid4().hex, most, timedelta(seconds=seconds))


def used(budget: Budget) -> int:
    return Attempt.objects.filter(key=budget.key, expires_at__gt=timezone.now()).count()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for others."""
    monkeypatch.setattr(throttling, "PATIENCE", 0.0)


def refused(*budgets: Budget) -> int:
    """The seconds to wait."""
    with pytest.raises(RateLimitedError) as caught:
        spend(*budgets)
    return caught.value.retry_after_seconds


def moved(budget: Budget, seconds: float) -> None:
    """As if its attempts had been made earlier."""
    Attempt.objects.filter(key=budget.key).update(expires_at=F("expires_at") - timedelta(seconds=seconds))


@pytest.mark.django_db(transaction=True)
def test_rivals_never_get_more_than_the_budget() -> None:
    narrow, wide = budget(5), budget(12)
    results = together(*(partial(spend, narrow, wide) for _ in range(16)))
    assert results.count(None) == 5
    assert sum(isinstance(result, RateLimitedError) for result in results) == 11
    assert (used(narrow), used(wide)) == (5, 5)


def test_what_one_budget_refuses_is_taken_from_none() -> None:
    narrow, wide = budget(1), budget(3)
    spend(narrow, wide)
    for _ in range(5):
        refused(narrow, wide)
    assert used(wide) == 1
    spend(wide)


def test_in_any_stretch_of_the_period_there_are_no_more() -> None:
    own = budget(2, seconds=100)
    spend(own)
    moved(own, 60)
    spend(own)
    assert 35 <= refused(own) <= 40
    moved(own, 41)
    spend(own)
    assert 55 <= refused(own) <= 60


def test_what_is_given_back_was_never_spent_and_what_is_cleared_neither() -> None:
    pair, wide = budget(2), budget(5)
    spend(pair, wide)
    reserve(pair, wide).settle(cleared=[pair])
    assert (used(pair), used(wide)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_successes_at_once_cost_nobody_anything_however_small_the_budget() -> None:
    own = budget(2)

    def succeed() -> None:
        with attempt(failures=[own]):
            pass

    # No more than can wait: of a server's requests the others wait for a thread before they come here.
    callers = own.most + PASSWORDS.threads
    assert together(*[succeed] * callers) == [None] * callers
    assert used(own) == 0
    spend(own)


@pytest.mark.django_db(transaction=True)
def test_failures_at_once_are_never_more_than_the_budget() -> None:
    own, looked_at = budget(3), []

    def fail() -> None:
        with attempt(failures=[own]):
            looked_at.append(1)
            raise KeyError

    outcomes = [type(outcome) for outcome in together(*[fail] * 12)]
    assert (outcomes.count(KeyError), outcomes.count(RateLimitedError), len(looked_at)) == (3, 9, 3)


@pytest.mark.usefixtures("hurried")
def test_what_only_pending_attempts_fill_asks_to_come_again_in_a_second_and_stays_open() -> None:
    own = budget(2)
    rivals = [reserve(own), reserve(own)]
    assert refused(own) == 1
    for rival in rivals:
        rival.settle()
    spend(own)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_an_attempt_that_fails_is_told_how_long() -> None:
    own = budget(1)
    rival = reserve(own)
    waited, failed = together(partial(refused, own), partial(rival.settle, counted=[own]))
    assert (50 <= waited <= 60, failed) == (True, None)


def test_no_more_threads_wait_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    own = budget(1)
    monkeypatch.setattr(PASSWORDS, "_free", threading.BoundedSemaphore(1))
    reserve(own)
    with PASSWORDS.enter():
        assert refused(own) == 1


@pytest.mark.usefixtures("hurried")
def test_an_attempt_whose_process_died_is_over_after_the_period() -> None:
    own = budget(1, seconds=100)
    reserve(own)
    moved(own, 99)
    assert refused(own) == 1
    moved(own, 2)
    spend(own)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hurried")
def test_an_outcome_that_cannot_be_written_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", "20ms")
    own = budget(1)
    reservation = reserve(own)
    with locked_elsewhere(Attempt.objects.filter(key=own.key)):
        reservation.settle(counted=[own])
    assert refused(own) == 1


def test_only_what_raises_counts() -> None:
    own = budget(1)
    for _ in range(3):
        with attempt(failures=[own]):
            pass
    with pytest.raises(KeyError), attempt(failures=[own]):
        raise KeyError
    assert refused(own)
    with pytest.raises(RateLimitedError), attempt(failures=[own]):
        raise AssertionError("not reached")


def test_only_what_does_not_raise_counts_where_successes_do() -> None:
    own = budget(1)
    for _ in range(3):
        with pytest.raises(KeyError), attempt(successes=[own]):
            raise KeyError
    with attempt(successes=[own]):
        pass
    assert refused(own)


def test_what_nobody_had_the_time_to_look_at_does_not_count() -> None:
    own = budget(1)
    with pytest.raises(ServiceUnavailableError), attempt(failures=[own]):
        raise ServiceUnavailableError
    assert used(own) == 0


def test_attempts_are_forgotten_when_they_throttle_nobody_any_more() -> None:
    old, new = budget(1), budget(1)
    spend(old)
    spend(new)
    Attempt.objects.filter(key=old.key).update(expires_at=timezone.now())
    purge()
    assert list(Attempt.objects.values_list("key", flat=True)) == [new.key]
