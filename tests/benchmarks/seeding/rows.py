"""Ids and moments for made-up rows: the same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Model

from domains.common.data.folding import folded_fields

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_V7 = 0x7000_8000_0000_0000_0000  # version and variant bits


def moment(number: int) -> datetime:
    """A second later for each number."""
    return EPOCH + timedelta(seconds=number)


def fixed_id(kind: int, number: int) -> UUID:
    """A UUIDv7 made from a kind of row and its number, in time order."""
    milliseconds = int(moment(number).timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | _V7 | (kind << 40) | number)


def copy_in(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows at once, all with the same columns; those that are there already stay as they are."""
    if not rows:
        return
    folded = folded_fields(model)  # which a row that is written without its model lacks
    rows = [
        {**row, **{field.attname: field.folded(row[name] for name in field.of) for field in folded}} for row in rows
    ]
    columns = ", ".join(f'"{name}"' for name in rows[0])
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'CREATE TEMPORARY TABLE seeded AS SELECT {columns} FROM "{table}" LIMIT 0')
        with cursor.copy(f"COPY seeded ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(tuple(row.values()))
        cursor.execute(f'INSERT INTO "{table}" ({columns}) SELECT * FROM seeded ON CONFLICT DO NOTHING')
        cursor.execute("DROP TABLE seeded")


def settle_times(*models: type[Model]) -> None:
    """`updated_at` is set by every write; make it the moment of creation, so that the bytes are the same each time."""
    for model in models:
        model._default_manager.filter(created_at__lt=moment(0) + timedelta(days=365)).update(updated_at=F("created_at"))
