"""The numbers of orders, as people read them out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_NUMBER = re.compile(r"([0-9]{4})-([0-9]{6}|[1-9][0-9]{6,17})")  # as it is shown: no other zeros in front


@dataclass(frozen=True, slots=True)
class OrderNumber:
    """What people read out: the year (UTC) in which an order was placed and a running number, `2026-000123`."""

    year: int
    serial: int

    @classmethod
    def parse(cls, text: str) -> OrderNumber:
        """NO_NUMBER, which no order has, for anything that `str` does not give."""
        match = _NUMBER.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else NO_NUMBER

    @classmethod
    def of(cls, placed_at: datetime, serial: int) -> OrderNumber:
        """The number of an order placed at this moment."""
        return cls(placed_at.astimezone(UTC).year, serial)

    def __str__(self) -> str:
        return f"{self.year}-{self.serial:06d}"


NO_NUMBER = OrderNumber(year=0, serial=0)
