"""Functions called every so often: registered in a domain's `handlers.py`, rung by the relay, run by Celery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

SCHEDULE: dict[str, timedelta] = {}  # dotted path -> interval


class Unfinished(Exception):
    """A periodic function's way to say: my time is up and there is more to do. It is rung for again at once."""


def every[F: Callable[[], object]](interval: timedelta) -> Callable[[F], F]:
    """Call the function about once an interval. Two calls at once must be harmless: several relays may run."""

    def register(function: F) -> F:
        SCHEDULE[f"{function.__module__}.{function.__qualname__}"] = interval
        return function

    return register
