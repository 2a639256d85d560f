"""A progress bar for terminals; silent everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

WIDTH = 30
REDRAW = 0.1  # seconds


class Stream(Protocol):
    """What a command's stdout and stderr offer."""

    def write(self, msg: str, /, style_func: Callable[[str], str] | None, ending: str | None) -> None: ...
    def isatty(self) -> bool: ...


class ProgressBar:
    """Counts up to `total`, a line on the terminal that is drawn again now and then."""

    def __init__(self, stream: Stream, total: int, *, unit: str) -> None:
        self._stream, self._total, self._unit = stream, total, unit
        self._done = 0
        self._started = self._drawn = time.monotonic()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        now, ended = time.monotonic(), self._done == self._total
        if not self._stream.isatty() or (now - self._drawn < REDRAW and not ended):
            return
        self._drawn = now
        bar = "#" * (WIDTH * self._done // self._total)
        speed = self._done / (now - self._started)
        line = f"\r[{bar:<{WIDTH}}] {self._done}/{self._total} {speed:.0f} {self._unit}/s "
        self._stream.write(line, str, "\n" if ended else "")
