"""A progress bar for terminals; silent everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

WIDTH = 30
REDRAW = 0.1  # seconds


class Stream(Protocol):
    """What a command's stdout and stderr offer."""

    def write(self, msg: str, /, style_func: Callable[[str], str] | None, ending: str | None) -> None: ...
    def isatty(self) -> bool: ...


class ProgressBar:
    """`with ProgressBar(self.stderr, 100, unit="orders") as bar: ... bar.advance()`"""

    def __init__(self, stream: Stream, total: int, *, unit: str) -> None:
        self._stream = stream if stream.isatty() else None
        self._total, self._unit = total, unit
        self._done = 0
        self._started = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._stream:
            self._draw(self._stream)
            self._stream.write("", None, "\n")

    def advance(self) -> None:
        self._done += 1
        if self._stream and time.monotonic() - self._drawn > REDRAW:
            self._draw(self._stream)

    def _draw(self, stream: Stream) -> None:
        self._drawn = time.monotonic()
        speed = self._done / (self._drawn - self._started)
        bar = "#" * (WIDTH * self._done // max(self._total, 1))
        stream.write(f"\r[{bar:<{WIDTH}}] {self._done}/{self._total} {speed:.0f} {self._unit}/s ", str, "")
