"""A Redis that is silent or gone costs one caller its time-out, and nobody else anything."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from domains.common.background import changes
from domains.common.guard import breaker, redis
from schema import persisted
from tests.domains.common.together import together
from tests.own_redis import OwnRedis
from tests.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)
DIGEST = persisted.sha256("{ __typename }")


def failures(caplog: pytest.LogCaptureFixture) -> int:
    return sum(record.name == breaker.__name__ for record in caplog.records)


def test_a_silent_redis_is_waited_for_once_by_announcements_and_documents(
    own_redis: OwnRedis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "PAUSE_SECONDS", 600.0)
    with own_redis.paused():
        for _ in range(10):
            changes.announce("test")
            persisted.register(DIGEST, "{ __typename }")
            assert persisted._registered(DIGEST) is None
    assert failures(caplog) == 1
    with pytest.raises(redis.RedisError), redis.guarded():
        raise AssertionError("not reached")


def test_calls_that_fail_together_are_one_failure(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    circuit = redis._breaker(settings.REDIS_URL)
    for began in [circuit.enter() for _ in range(5)]:
        circuit.failed(redis.RedisError(), began)
    assert failures(caplog) == 1


def test_after_the_pause_one_caller_tries_and_the_others_go_on_without(
    own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "PAUSE_SECONDS", 0.0)
    own_redis.kill()
    assert persisted._registered(DIGEST) is None
    circuit = redis._breaker(own_redis.url)
    circuit.pause = 600.0
    results = together(*[circuit.enter] * 8)
    assert sum(isinstance(result, float) for result in results) == 1
    assert sum(isinstance(result, redis.RedisError) for result in results) == 7


def test_an_answer_ends_the_pause(own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "PAUSE_SECONDS", 0.0)
    own_redis.kill()
    assert persisted._registered(DIGEST) is None
    own_redis.start()
    redis._breaker(own_redis.url).pause = 600.0
    persisted.register(DIGEST, "{ __typename }")
    assert persisted._registered(DIGEST) == "{ __typename }"
