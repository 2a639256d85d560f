"""What is not needed any more is forgotten after seven days."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.models import IdempotencyKey, new_id
from domains.common.handlers import RETENTION, purge

pytestmark = pytest.mark.django_db


def key(created_at: datetime) -> UUID:
    made = IdempotencyKey.objects.create(
        owner_id=new_id(), operation="buy", key=uuid4(), fingerprint="x", result_id=new_id(), created_at=created_at
    )
    return made.id


def message(**state: datetime) -> UUID:
    made = outbox.enqueue("test", key=new_id())
    OutboxMessage.objects.filter(id=made.id).update(**state)
    return made.id


def test_old_keys_and_finished_messages_go_and_all_others_stay() -> None:
    now = timezone.now()
    old, recent = now - RETENTION - timedelta(minutes=1), now - RETENTION + timedelta(minutes=1)
    key(old)
    message(done_at=old, created_at=old)
    kept_key = key(recent)
    kept = {message(done_at=recent, created_at=old), message(dead_at=old, created_at=old), message(created_at=old)}
    purge()
    assert timedelta(days=7) == RETENTION
    assert IdempotencyKey.objects.get().id == kept_key
    assert set(OutboxMessage.objects.values_list("id", flat=True)) == kept
