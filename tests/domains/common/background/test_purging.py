"""Old rows go as fast as they come: batch by batch, until nothing is left."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from domains.common import handlers, tasks
from domains.common.background import periodic
from domains.common.background.models import OutboxMessage
from domains.common.background.periodic import Unfinished
from domains.common.data.models import IdempotencyKey, new_id
from domains.common.guard.models import Attempt
from tests.domains.common.broker import own_queue, waiting
from tests.domains.common.together import locked_elsewhere, together

pytestmark = pytest.mark.django_db

PURGE = f"{handlers.__name__}.purge"
OLD = timezone.now() - timedelta(days=30)


def finished(number: int, at: datetime = OLD) -> None:
    rows = (OutboxMessage(topic="test", key=new_id(), due_at=at, done_at=at) for _ in range(number))
    OutboxMessage.objects.bulk_create(rows)


def old() -> int:
    return periodic.purge(OutboxMessage.objects.filter(done_at__lte=OLD).order_by("done_at"))


def test_one_call_goes_on_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "BATCH", 2)
    finished(250)
    finished(1, timezone.now())
    assert old() == 250
    assert OutboxMessage.objects.count() == 1


def test_a_call_whose_time_is_up_says_that_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "BATCH", 2)
    monkeypatch.setattr(periodic, "SECONDS", 0)
    finished(3)
    with pytest.raises(Unfinished):
        old()
    assert OutboxMessage.objects.count() == 1


def test_a_purge_whose_time_is_up_is_rung_for_until_every_table_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "SECONDS", 0)
    key = {"operation": "buy", "fingerprint": "x", "created_at": OLD}
    IdempotencyKey.objects.create(owner_id=new_id(), key=new_id(), result_id=new_id(), **key)
    Attempt.objects.create(key="x", expires_at=OLD)
    finished(1)
    with own_queue() as app:
        tasks.run_periodic(PURGE)
        rung = 0
        while calls := waiting(app):
            rung += 1
            for _, arguments in calls:
                tasks.run_periodic(*arguments)
    assert rung == 3
    assert not any(model.objects.exists() for model in (IdempotencyKey, OutboxMessage, Attempt))


@pytest.mark.django_db(transaction=True)
def test_rows_that_somebody_holds_are_left_for_the_next_call() -> None:
    finished(3)
    held = OutboxMessage.objects.order_by("id")[:1].values_list("id", flat=True)
    with locked_elsewhere(OutboxMessage.objects.filter(id__in=list(held))):
        assert old() == 2
    assert old() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_share_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "BATCH", 5)
    finished(100)
    assert sum(together(old, old, old)) == 100
    assert not OutboxMessage.objects.exists()
