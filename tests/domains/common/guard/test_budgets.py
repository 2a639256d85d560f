"""Nobody gets more executed than their budget, whatever becomes of Redis."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_network
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from domains.common.guard import breaker, budgets, redis
from domains.common.guard.budgets import Throttle
from tests.budgets import small_budget
from tests.domains.common.together import together
from tests.own_redis import OwnRedis

HERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def hundred(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    small_budget(100, settings, monkeypatch)


def charge(cost: int, *, user_id: UUID | None = None, address: str = HERE) -> Throttle:
    throttle = budgets.charge(cost, user_id=user_id, address=address)
    assert throttle is not None
    return throttle


def count_of_scripts() -> int:
    """How often Redis was asked."""
    stats: Any = redis.client().info("commandstats")
    return int(stats.get("cmdstat_evalsha", {"calls": 0})["calls"])


def test_calls_at_the_same_moment_get_exactly_the_budget() -> None:
    results = together(*[partial(charge, 10, user_id=uuid4(), address=HERE)] * 16)
    assert [result.retry_after > 0 for result in results].count(False) == 10


def test_what_is_paid_in_advance_is_used_before_more_is_paid_and_redis_is_asked_seldom(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "WINDOW", 10_000_000)
    settings.BUDGET_ACCOUNT = 10_000
    user_id = uuid4()
    asked = count_of_scripts()
    assert [charge(1, user_id=user_id).available for _ in range(100)] == [*range(9_999, 9_899, -1)]
    assert count_of_scripts() == asked + 1
    assert charge(50, user_id=user_id).available == 9_850
    assert charge(9_850, user_id=user_id) == Throttle(9_850, 0, 10_000)


def test_what_is_refused_costs_nothing_and_is_told_when_there_is_room() -> None:
    user_id = uuid4()
    assert charge(70, user_id=user_id) == Throttle(70, 30, 100)
    assert charge(50, user_id=user_id) == Throttle(50, 30, 100, retry_after=20_000)
    assert charge(30, user_id=user_id).retry_after == 0
    assert charge(0, user_id=user_id).retry_after == 1_000  # the least is a unit


def test_more_than_a_whole_budget_is_served_once_it_is_full_and_paid_off_afterwards() -> None:
    user_id = uuid4()
    assert charge(300, user_id=user_id) == Throttle(300, 0, 100)
    assert charge(1, user_id=user_id).retry_after == pytest.approx(201_000, abs=100)


def test_all_accounts_of_an_address_and_of_an_ipv6_network_share_its_budget(settings: Settings) -> None:
    settings.BUDGET_ADDRESS = 150
    assert [charge(60, user_id=uuid4(), address=f"2001:db8::{n}").retry_after > 0 for n in (1, 2, 3)] == [0, 0, 1]
    assert charge(60, user_id=uuid4(), address="2001:db8:0:1::1").retry_after == 0


def test_a_server_of_one_s_own_has_no_budget_and_the_people_behind_it_have_theirs(settings: Settings) -> None:
    settings.BUDGET_TRUSTED_ADDRESSES, settings.BUDGET_ADDRESS = [ip_network("203.0.113.0/24")], 1
    assert budgets.charge(1_000, user_id=None, address=HERE) is None
    user_id = uuid4()
    assert [charge(60, user_id=user_id).retry_after > 0 for _ in range(2)] == [False, True]


def test_a_redis_that_was_started_again_learns_the_script(own_redis: OwnRedis) -> None:
    own_redis.client.script_flush()
    charge(60)
    assert len(own_redis.client.keys()) == 1  # it was Redis that counted


def test_a_silent_redis_is_waited_for_once_and_a_process_gives_a_quarter_meanwhile(
    own_redis: OwnRedis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "PAUSE_SECONDS", 600.0)
    user_id = uuid4()
    with own_redis.paused():
        results = [charge(10, user_id=user_id) for _ in range(4)]
    assert results[:3] == [Throttle(10, 15, 25), Throttle(10, 5, 25), Throttle(10, 5, 25, retry_after=20_000)]
    assert sum(record.name == breaker.__name__ for record in caplog.records) == 1


def test_without_redis_a_process_remembers_a_bounded_number_of_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "REMEMBERED", 2)
    local = budgets.Local()
    waits = [local.charge([key], [60_000.0])[0] for key in ("a", "b", "b", "c", "a")]
    assert [wait > 0 for wait in waits] == [False, False, True, False, False]
