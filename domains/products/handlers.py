"""Outbox work of the catalogue."""

from __future__ import annotations

from datetime import timedelta

from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.products import categories


@outbox.handler(categories.EMPTY)
def empty_category(message: OutboxMessage) -> None:
    """Products of a deleted category leave it; a large one takes several turns."""
    if not categories.empty_category(message.key):
        raise outbox.Postpone(timedelta(0))
