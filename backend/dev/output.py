"""Lines on the terminal, each whole and named after the process it comes from; and failures told in one paragraph."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import IO, TextIO

PATIENCE = 3.0  # seconds between two signs of life


class DevError(Exception):
    """The command cannot go on; the message says why and what to do, and holds no secret."""


_lock = threading.RLock()  # a signal handler may speak in the middle of a line


def line(text: str, *, name: str = "", stream: TextIO | None = None) -> None:
    """Write one line; a terminal that has been closed is no reason to stop."""
    prefix = f"{name:<8} | " if name else ""
    with _lock, contextlib.suppress(OSError, ValueError, RuntimeError):
        target = stream or sys.stdout
        target.write(f"{prefix}{text}\n")
        target.flush()


def pump(source: IO[bytes], name: str, keep: deque[str]) -> None:
    """Copy a child's output until it closes it; `keep` receives the lines as well."""
    with source:
        for raw in source:
            text = raw.decode(errors="replace").rstrip()
            keep.append(text)
            line(text, name=name)


@contextlib.contextmanager
def progress(what: str, *, stream: TextIO | None = None, quiet_for: float = 0.0) -> Iterator[None]:
    """Say what is being done, at once or after `quiet_for` seconds, and again while it lasts."""
    done = threading.Event()
    started = time.monotonic()

    def report() -> None:
        if quiet_for and done.wait(quiet_for):
            return
        line(what, name="dev", stream=stream)
        while not done.wait(PATIENCE):
            line(f"{what}: {time.monotonic() - started:.0f} s so far", name="dev", stream=stream)

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()
