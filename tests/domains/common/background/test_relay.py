"""The relay rings for what is due, and outlives the broker and the database."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from celery.exceptions import OperationalError as BrokerError
from django.core.management import call_command
from django.utils import timezone
from kombu.exceptions import OperationalError as TransportError

from domains.common import tasks
from domains.common.background import broker, outbox
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import BATCH
from domains.common.background.periodic import SCHEDULE, Unfinished, every
from domains.common.background.relay import CROWDED, IDLE_SECONDS, TROUBLE_SECONDS, Relay
from domains.common.data.models import new_id
from tests.domains.common.broker import closed_port, own_queue, waiting
from tests.own_redis import OwnRedis

pytestmark = pytest.mark.django_db(transaction=True)

DELIVER = "domains.common.tasks.deliver"
MONEY = "money"
PERIODIC = "domains.common.tasks.run_periodic"
EXPIRE = "domains.orders.services.settling.expire_orders"
rung: list[str] = []


def ring() -> None:
    rung.append("ring")


def ring_unfinished() -> None:
    raise Unfinished


def due(number: int) -> list[str]:
    return [str(outbox.enqueue("test", key=new_id()).id) for _ in range(number)]


def test_a_round_hands_due_messages_to_celery() -> None:
    ids = due(2)
    with own_queue() as app:
        assert Relay().round() == 2
        handed = [arguments for task, arguments in waiting(app) if task == DELIVER]
    assert handed == [[message_id] for message_id in ids]


def test_periodic_work_is_rung_for_once_an_interval() -> None:
    with own_queue() as app:
        relay = Relay()
        relay.round()
        assert (PERIODIC, [EXPIRE]) in waiting(app, MONEY)
        relay.round()
        assert waiting(app, MONEY) == []


def test_periodic_functions_are_registered_by_their_path() -> None:
    path = f"{__name__}.ring"
    try:
        assert every(timedelta(0))(ring) is ring
        assert SCHEDULE[path] == timedelta(0)
        with own_queue() as app:
            relay = Relay()
            for _ in range(2):
                relay.round()
            assert waiting(app).count((PERIODIC, [path])) == 2
    finally:
        del SCHEDULE[path]


def test_periodic_work_is_called_by_its_path_when_it_is_registered_and_nothing_else_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rung.clear()
    tasks.run_periodic(f"{__name__}.ring")
    assert (rung, "no such periodic function" in caplog.text) == ([], True)
    monkeypatch.setitem(SCHEDULE, f"{__name__}.ring", timedelta(0))
    tasks.run_periodic(f"{__name__}.ring")
    assert rung == ["ring"]


def test_a_full_round_is_followed_at_once_and_an_idle_one_after_a_pause() -> None:
    due(BATCH)
    with own_queue() as app:
        relay = Relay()
        assert relay._guarded(relay.round) == 0
        assert relay._guarded(relay.round) == IDLE_SECONDS
        waiting(app)


def test_a_queue_whose_workers_fell_behind_holds_up_no_other() -> None:
    outbox.handler("test-slow", queue="slow")(lambda message: None)
    for _ in range(CROWDED):
        outbox.enqueue("test-slow", key=new_id())
    with own_queue() as app:
        relay = Relay()
        for _ in range(5):
            relay.round()
            OutboxMessage.objects.update(due_at=timezone.now())
        [message_id] = due(1)
        relay.round()
        assert [(DELIVER, [message_id])] == [task for task in waiting(app) if task[0] == DELIVER]
        assert len(waiting(app, "slow")) == CROWDED
    del outbox._handlers["test-slow"]


def test_workers_that_fell_behind_are_not_sent_the_same_again_and_again() -> None:
    due(CROWDED)
    with own_queue() as app:
        relay = Relay()
        for _ in range(20):
            relay.round()
            OutboxMessage.objects.update(due_at=timezone.now())
        assert len(waiting(app)) < CROWDED + BATCH
        assert relay.round() == BATCH


@pytest.mark.parametrize("outage", [OwnRedis.away, OwnRedis.paused])
def test_the_relay_outlives_its_broker_and_loses_nothing(
    outage: Callable[[OwnRedis], AbstractContextManager[None]], own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    with own_queue(own_redis.url, socket_timeout=0.1) as app:
        relay = Relay()
        relay.round()
        [message_id] = due(1)
        with outage(own_redis), caplog.at_level(logging.WARNING):
            assert {relay._guarded(relay.round) for _ in range(12)} == {TROUBLE_SECONDS}
        assert "relay waits: the database or Redis is away" in caplog.text
        OutboxMessage.objects.update(due_at=timezone.now())
        assert relay._guarded(relay.round) == IDLE_SECONDS
        assert (DELIVER, [message_id]) in waiting(app)


def test_periodic_work_that_could_not_be_rung_for_stays_due() -> None:
    with own_queue(f"redis://127.0.0.1:{closed_port()}/0"):
        relay = Relay()
        with pytest.raises((BrokerError, TransportError)):
            relay._ring_periodic(time.monotonic(), broker.queues())
    with own_queue() as app:
        relay.round()
        assert (PERIODIC, [EXPIRE]) in waiting(app, MONEY)


def test_periodic_work_whose_time_is_up_is_rung_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEDULE, f"{__name__}.ring_unfinished", timedelta(0))
    with own_queue() as app:
        tasks.run_periodic(f"{__name__}.ring_unfinished")
        assert waiting(app) == [(PERIODIC, [f"{__name__}.ring_unfinished"])]


def test_the_relay_goes_round_until_it_is_stopped_and_its_heart_beats(tmp_path: Path) -> None:
    stop = threading.Event()

    class Once(Relay):
        def round(self) -> int:
            stop.set()
            return super().round()

    [message_id] = due(1)
    with own_queue() as app:
        Once(tmp_path / "heartbeat").run(stop)
        assert (DELIVER, [message_id]) in waiting(app)
    assert (tmp_path / "heartbeat").exists()


class _Output(StringIO):
    """Standard output that calls somebody when it is written to."""

    def __init__(self, when_written: Callable[[], None]) -> None:
        super().__init__()
        self._when_written = when_written

    def write(self, text: str) -> int:
        self._when_written()
        return super().write(text)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_on_a_signal(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    output = _Output(lambda: os.kill(os.getpid(), number))
    try:
        with own_queue() as app:
            call_command("relay", stdout=output)
            waiting(app)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert "relay: running" in output.getvalue()
