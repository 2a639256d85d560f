"""What a running deployment holds, sample by sample, and whether it holds more and more."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, mean

HOUR, YEAR = 3600.0, 24 * 365.0  # seconds in the one, hours in the other

type Sample = Mapping[str, float]


@dataclass(frozen=True)
class Trend:
    """A straight line through the samples: `level` is their mean, `slope` how much more it is after an hour.

    `doubt`: so much of the slope may be chance (twice its standard error).
    """

    level: float
    slope: float
    doubt: float

    def exceeds(self, bound: float) -> bool:
        """Whether more than `bound` an hour is surely more than chance."""
        return self.slope - self.doubt > bound

    def __str__(self) -> str:
        return f"{self.level:,.1f} {self.slope:+,.2f}/h (±{self.doubt:,.2f})"


def trend(seconds: Sequence[float], values: Sequence[float]) -> Trend:
    """Of at least three values, taken at these times."""
    hours = [second / HOUR for second in seconds]
    slope, start = linear_regression(hours, values)
    errors = sum((value - start - slope * hour) ** 2 for hour, value in zip(hours, values, strict=True))
    spread = sum((hour - mean(hours)) ** 2 for hour in hours)
    return Trend(mean(values), slope, 2 * math.sqrt(errors / (len(values) - 2) / spread))


def trends(samples: Sequence[tuple[float, Sample]]) -> dict[str, Trend]:
    """Of each value over the second half of the time: the first half is for what fills once and stays."""
    half = (samples[0][0] + samples[-1][0]) / 2
    late = [(second, sample) for second, sample in samples if second >= half]
    seconds = [second for second, _ in late]
    return {name: trend(seconds, [sample[name] for _, sample in late]) for name in late[0][1]}


def held_by(pid: int) -> Counter[str]:
    """By a process and all that it has started. KiB of memory: `shared` counts a page once that several of them have,
    `resident` each time: what they had in common when they were forked moves from the one to the other by itself.
    """
    folder, held = Path(f"/proc/{pid}"), Counter[str]()
    with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
        children = (folder / "task" / str(pid) / "children").read_text().split()
        held["shared"] = _line(folder / "smaps_rollup", "Pss:")
        held["resident"] = _line(folder / "smaps_rollup", "Rss:")
        held["files"] = len(list((folder / "fd").iterdir()))
        held["threads"] = _line(folder / "status", "Threads:")
        return sum(map(held_by, map(int, children)), held)
    return held


def _line(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name))
