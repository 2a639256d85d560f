"""What the web process is busy with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from django.http import HttpRequest, HttpResponse

from domains.common.measuring.instruments import counter, gauge
from domains.common.measuring.sampling import sampled
from schema.metrics import ERRORS, OK, REQUESTS, UNREAD

REFUSED = counter("requests_refused", "Requests that no application got to see, by HTTP status.", "status")
_busy = gauge("threads_busy", "Threads that work, by what they are for.", "pool", mode="livesum")
_threads = gauge("threads", "Threads that there are; bulkheads are shares of those for `web`.", "pool", mode="livesum")
_waiting = gauge("requests_waiting", "Requests that wait for one of these threads.", "pool", mode="livesum")
_streams = gauge("streams_open", "Event streams that are open.", mode="livesum")


class Pool(Protocol):
    """Threads for one kind of work."""

    name: str
    threads: int

    @property
    def busy(self) -> int:
        """How many of them work."""

    @property
    def waiting(self) -> int:
        """How many requests wait for one."""


def watch(pools: Sequence[Pool], streams: Callable[[], int]) -> None:
    """Tell of these from now on, and of how many streams are open."""

    @sampled
    def look() -> None:
        for pool in pools:
            _threads.labels(pool.name).set(pool.threads)
            _busy.labels(pool.name).set(pool.busy)
            _waiting.labels(pool.name).set(pool.waiting)
        _streams.set(streams())


def count(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """An answer: under its operation and the code of its first error; elsewhere under its route and status."""
    codes: list[str] | None = getattr(response, "codes", None)
    if codes is None:
        REQUESTS.observe(seconds, _route(request), str(response.status_code))
        return
    REQUESTS.observe(seconds, getattr(request, "operation_label", UNREAD), codes[0] if codes else OK)
    for code in codes:
        ERRORS.labels(code).inc()


def _route(request: HttpRequest) -> str:
    """As the table of routes has it: paths have no number."""
    return f"/{request.resolver_match.route}" if request.resolver_match else UNREAD
