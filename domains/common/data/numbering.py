"""Numbers without gaps, as the law wants them of invoices: a counter row for each series and year."""

from __future__ import annotations

from typing import ClassVar

from django.db import connection, models

from domains.common.data.models import BaseModel

_NEXT = """
    INSERT INTO common_numberseries (id, series, year, last, created_at, updated_at)
    VALUES (gen_random_uuid(), %s, extract(year FROM now() AT TIME ZONE 'UTC'), 1, now(), now())
    ON CONFLICT (series, year) DO UPDATE SET last = common_numberseries.last + 1, updated_at = now()
    RETURNING year, last
"""


class NumberSeries(BaseModel):
    """How far the numbers of a series have come in a year (UTC)."""

    series = models.CharField(max_length=8, help_text="what its numbers begin with: INV, CN")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(help_text="the last number used")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["series", "year"], name="number_series_once")
        ]


def next_number(series: str) -> str:
    """The next number of the series in this year (UTC), `INV-2026-000001`, in the caller's transaction.

    If that rolls back, so does the number: no gap. Its counter stays locked until the end, so this is the caller's last
    lock: whoever waits for it must hold nothing that its holder still wants.
    """
    assert connection.in_atomic_block, "a number outside a transaction may be lost"
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [series])
        year, last = cursor.fetchone()
    return f"{series}-{year}-{last:06d}"
