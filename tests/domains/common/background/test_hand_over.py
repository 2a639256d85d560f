"""Each due message is handed over by one relay, and again only after a while."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.background.outbox import BATCH, REDELIVERY
from domains.common.data.models import new_id
from tests.domains.common.together import locked_elsewhere, together

pytestmark = pytest.mark.django_db


def enqueue(number: int, *, due_in: timedelta = timedelta(0)) -> list[UUID]:
    return [outbox.enqueue("test", key=new_id(), due_in=due_in).id for _ in range(number)]


def test_only_what_is_due_is_handed_over() -> None:
    due = enqueue(2)
    enqueue(1, due_in=timedelta(minutes=1))
    assert list(outbox.hand_over()) == due


def test_nothing_is_handed_over_twice_within_the_redelivery_time() -> None:
    ids = enqueue(1)
    before = timezone.now()
    assert list(outbox.hand_over()) == ids
    assert list(outbox.hand_over()) == []
    assert OutboxMessage.objects.get().due_at >= before + REDELIVERY


def test_what_nobody_finished_is_handed_over_again() -> None:
    ids = enqueue(1)
    outbox.hand_over()
    OutboxMessage.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert list(outbox.hand_over()) == ids


def test_the_longest_due_come_first_and_a_batch_at_a_time() -> None:
    ids = enqueue(BATCH + 1)
    assert list(outbox.hand_over()) == ids[:BATCH]
    assert list(outbox.hand_over()) == ids[BATCH:]


@pytest.mark.django_db(transaction=True)
def test_rows_that_another_relay_holds_are_skipped() -> None:
    held, free = enqueue(2)
    with locked_elsewhere(OutboxMessage.objects.filter(id=held)):
        assert list(outbox.hand_over()) == [free]
    assert list(outbox.hand_over()) == [held]


@pytest.mark.django_db(transaction=True)
def test_relays_at_once_share_the_messages() -> None:
    ids = enqueue(30)
    shares = together(*[outbox.hand_over] * 3)
    handed = [message_id for share in shares for message_id in share]
    assert len(handed) == len(set(handed))
    assert set(handed) | set(outbox.hand_over()) == set(ids)
