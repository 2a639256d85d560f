"""Budgets: exact, all or nothing, and over when their time is over."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from domains.common.errors import RateLimitedError, ServiceUnavailableError
from domains.common.handlers import purge
from domains.common.models import Attempts
from domains.common.throttling import Budget, Spent, counting_failures, spend
from tests.domains.accounts.strangers import flush_redis
from tests.domains.common.together import together

pytestmark = pytest.mark.django_db


def budget(most: int, *, seconds: int = 60) -> Budget:
    return Budget("test", uuid4().hex, most, timedelta(seconds=seconds))


def used(budget: Budget) -> int:
    row = Attempts.objects.filter(key=budget.key).first()
    return len(row.made_at) if row else 0


def refused(*budgets: Budget) -> int:
    """The seconds to wait."""
    with pytest.raises(RateLimitedError) as caught:
        spend(*budgets)
    return caught.value.retry_after_seconds


def moved(budget: Budget, seconds: float) -> None:
    """As if its attempts had been made earlier."""
    row = Attempts.objects.get(key=budget.key)
    row.made_at = [at - timedelta(seconds=seconds) for at in row.made_at]
    row.save()
    flush_redis()


@pytest.mark.django_db(transaction=True)
def test_rivals_never_get_more_than_the_budget() -> None:
    narrow, wide = budget(5), budget(12)
    results = together(*(partial(spend, narrow, wide) for _ in range(16)))
    assert sum(isinstance(result, Spent) for result in results) == 5
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
    spend(pair, wide).give_back(pair)
    assert (used(pair), used(wide)) == (0, 1)


def test_only_what_raises_counts() -> None:
    own = budget(1)
    for _ in range(3):
        with counting_failures(own):
            pass
    with pytest.raises(KeyError), counting_failures(own):
        raise KeyError
    assert refused(own)
    with pytest.raises(RateLimitedError), counting_failures(own):
        raise AssertionError("not reached")


def test_what_nobody_had_the_time_to_look_at_does_not_count() -> None:
    own = budget(1)
    with pytest.raises(ServiceUnavailableError), counting_failures(own):
        raise ServiceUnavailableError
    assert used(own) == 0


def test_attempts_are_forgotten_when_they_throttle_nobody_any_more() -> None:
    old, new = budget(1), budget(1)
    spend(old)
    spend(new)
    Attempts.objects.filter(key=old.key).update(expires_at=timezone.now())
    purge()
    assert list(Attempts.objects.values_list("key", flat=True)) == [new.key]
