"""Work promised in a transaction is done after it, and its effect is recorded once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from domains.common import tasks
from domains.common.background import delivering, outbox
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import Effect
from domains.common.data.models import new_id
from domains.common.data.transactions import assert_no_transaction
from domains.products.models import Category
from tests.domains.common.promise import Promise
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db


def put_up(name: str) -> None:
    CategoryFactory.create(name=name)


def shelf(name: str) -> Effect:
    """An effect that leaves a row."""
    return partial(put_up, name)


def shelves() -> list[str]:
    return list(Category.objects.values_list("name", flat=True))


def test_a_promise_in_a_transaction_that_rolls_back_was_never_made() -> None:
    with transaction.atomic():
        outbox.enqueue("anything", key=new_id())
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()


def test_the_effect_commits_with_the_acknowledgement(promise: Promise) -> None:
    message = promise(lambda message: shelf("made"))
    assert delivering.deliver(message.id)
    message.refresh_from_db()
    assert message.done_at is not None
    assert (message.lease, message.leased_until, message.attempts, message.failures) == (None, None, 1, 0)
    assert shelves() == ["made"]


def test_a_handler_may_have_no_effect(promise: Promise) -> None:
    message = promise(lambda message: None)
    assert delivering.deliver(message.id)
    message.refresh_from_db()
    assert message.done_at is not None


def test_a_handler_gets_the_row_and_the_payload_of_its_message(promise: Promise) -> None:
    seen: list[Any] = []
    message = promise(lambda message: seen.append((message.key, message.payload)))
    OutboxMessage.objects.filter(id=message.id).update(payload={"pieces": 3})
    tasks.deliver(str(message.id))
    assert seen == [(message.key, {"pieces": 3})]


@pytest.mark.django_db(transaction=True)
def test_the_work_is_done_outside_any_transaction(promise: Promise) -> None:
    assert delivering.deliver(promise(lambda message: assert_no_transaction()).id)


def test_a_done_message_is_not_done_again(promise: Promise) -> None:
    calls: list[OutboxMessage] = []
    message = promise(calls.append)
    assert delivering.deliver(message.id)
    assert not delivering.deliver(message.id)
    assert len(calls) == 1


def test_an_effect_that_fails_takes_the_acknowledgement_back_and_is_tried_again(promise: Promise) -> None:
    def handler(message: OutboxMessage) -> Effect:
        def effect() -> None:
            shelf(f"attempt {message.attempts}")()
            if message.attempts == 1:
                raise RuntimeError("half way")

        return effect

    message = promise(handler)
    assert not delivering.deliver(message.id)
    message.refresh_from_db()
    assert (message.done_at, message.failures, message.last_error) == (None, 1, "RuntimeError")
    assert shelves() == []
    assert delivering.deliver(message.id)
    assert shelves() == ["attempt 2"]
