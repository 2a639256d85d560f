"""Ids and moments for made-up rows: the same bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import F, Model

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_V7 = 0x7000_8000_0000_0000_0000  # version and variant bits


def moment(number: int) -> datetime:
    """A second later for each number."""
    return EPOCH + timedelta(seconds=number)


def fixed_id(kind: int, number: int) -> UUID:
    """A UUIDv7 made from a kind of row and its number, in time order."""
    milliseconds = int(moment(number).timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | _V7 | (kind << 40) | number)


def settle_times(*models: type[Model]) -> None:
    """`updated_at` is set by every write; make it the moment of creation, so that the bytes are the same each time."""
    for model in models:
        model._default_manager.filter(created_at__lt=moment(0) + timedelta(days=365)).update(updated_at=F("created_at"))
