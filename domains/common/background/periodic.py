"""Functions called every so often: registered in a domain's `handlers.py`, rung by the relay, run by Celery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

SCHEDULE: dict[str, timedelta] = {}  # dotted path -> interval


class Unfinished(Exception):
    """A periodic function's way to say: my time is up and there is more to do. It is rung for again at once."""


def every(interval: timedelta) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Call the function about once an interval. Two calls at once must be harmless: several relays may run."""

    def register(function: Callable[[], object]) -> Callable[[], object]:
        SCHEDULE[f"{function.__module__}.{function.__qualname__}"] = interval
        return function

    return register
