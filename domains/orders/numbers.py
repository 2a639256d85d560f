"""The numbers of orders, as people read them out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

_BEGINNING = re.compile(r"(2|20[0-9]?)|(20[0-9]{2})(?:-([0-9]{0,18}))?")
_MOST_DIGITS = 12  # of running numbers that are found by their beginning
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


@dataclass(frozen=True, slots=True)
class Beginning:
    """Which orders have a number that begins so: placed from `since` until before `until`, and with a running number
    in one of `serials`, pairs of the first and the last; None: whatever the running number."""

    since: datetime
    until: datetime
    serials: list[int] | None = None
    whole_year: bool = False  # and not the beginning of one

    @classmethod
    def parse(cls, text: str) -> Beginning | None:
        """None for what no number of this century begins with."""
        if not (match := _BEGINNING.fullmatch(text)):
            return None
        begun, year, digits = match.groups()
        first, last = (int((begun or year).ljust(4, end)) for end in "09")
        since, until = (datetime(year, 1, 1, tzinfo=UTC) for year in (first, last + 1))
        return cls(since, until, _serials(digits) if digits else None, year is not None)


def _serials(digits: str) -> list[int]:
    """As they are shown: with six digits, and zeros in front to have them, or with more."""
    lengths = [6] if digits.startswith("0") else range(6, _MOST_DIGITS + 1)
    pairs = ([int(digits.ljust(length, end)) for end in "09"] for length in lengths if length >= len(digits))
    return list(chain.from_iterable(pairs))
