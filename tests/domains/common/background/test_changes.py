"""What is announced, when and how often; and that whoever listens goes on listening."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import transaction
from redis.client import PubSub

from domains.common.background import changes
from domains.common.background.changes import Listeners
from domains.common.guard import redis
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0  # seconds


class Heard:
    """The topics that were announced since the last look."""

    def __init__(self) -> None:
        self._pubsub = PubSub(redis.client().connection_pool)
        self._pubsub.subscribe(redis.key("changes"))
        wait_until(lambda: self._pubsub.get_message(timeout=0.1), what="the subscription stands")

    def topics(self) -> list[str]:
        end, topics = uuid4().hex, list[str]()
        changes.announce(end)

        def all_heard() -> bool:
            message = self._pubsub.get_message(timeout=0.1)
            if message:
                topics.append(message["data"])
            return end in topics

        wait_until(all_heard, what="everything was heard")
        return topics[:-1]

    def anything(self) -> bool:
        return self._pubsub.get_message(timeout=0.1) is not None

    def close(self) -> None:
        self._pubsub.close()


@pytest.fixture
def heard() -> Iterator[Heard]:
    listening = Heard()
    yield listening
    listening.close()


def announce_and_roll_back(topic: str) -> None:
    with transaction.atomic():
        changes.announce(topic)
        transaction.set_rollback(True)


def test_a_transaction_announces_each_topic_once_when_it_has_committed(heard: Heard) -> None:
    with transaction.atomic():
        for topic in ("a", "b", "a"):
            changes.announce(topic)
        with transaction.atomic():
            changes.announce("a")
        assert not heard.anything()
    assert heard.topics() == ["a", "b"]
    with transaction.atomic():
        changes.announce("a")
    assert heard.topics() == ["a"]


def test_what_was_rolled_back_is_not_announced(heard: Heard) -> None:
    announce_and_roll_back("a")
    with transaction.atomic():
        announce_and_roll_back("b")
        changes.announce("c")
        announce_and_roll_back("c")
    assert heard.topics() == ["c"]


def test_what_was_announced_under_a_savepoint_that_was_rolled_back_can_be_announced_again(heard: Heard) -> None:
    with transaction.atomic():
        announce_and_roll_back("a")
        changes.announce("a")
    assert heard.topics() == ["a"]


def test_an_error_of_one_who_waits_does_not_end_the_listening(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(changes, "PAUSE_SECONDS", 0.0)
    woken = list[str]()

    async def listen() -> None:
        listeners, again = Listeners(), asyncio.Event()

        def wake() -> None:
            woken.append("woken")
            if len(woken) == 1:
                raise KeyError("broken")
            again.set()

        listeners.join("a", wake)
        listening = asyncio.ensure_future(listeners.listen())
        await asyncio.wait_for(again.wait(), PATIENCE)
        listening.cancel()

    asyncio.run(listen())
    assert "KeyError: 'broken'" in caplog.text
