"""Counters, gauges and histograms of Prometheus. Without METRICS_PORT they do nothing, and its library is not loaded.

Each process writes its own into files that are mapped into memory, so an increment is seen by whoever serves them, and
outlives the process. What histograms observe waits in memory for `sampling`, at most a second: written at once it would
cost a small query 5 % of its time, for what it touches is in no cache of the processor.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from django.core.exceptions import ImproperlyConfigured

from domains.common.settings import METRICS_PORT

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge

ON = METRICS_PORT > 0  # not by Django's settings: what counts may be imported while those are read
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it while it is imported
PREFIX = "ordergraph_"
MOST_WAITING = 65_536  # observations of a histogram, in a process that nobody samples
histograms: list[Histogram] = []
declared: dict[str, str] = {}  # the full name of each -> its kind

type Mode = Literal["livesum", "livemax", "livemostrecent"]


class Idle:
    """An instrument while metrics are off."""

    def labels(self, *values: str) -> Self:
        return self

    def inc(self, amount: float = 1) -> None: ...

    def set(self, value: float) -> None: ...

    def observe(self, value: float, *labels: str) -> None: ...


class Histogram:
    """How often a value was at most as large as each bucket, and the sum of all."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept
        self._waiting: deque[tuple[tuple[str, ...], float]] = deque(maxlen=MOST_WAITING)
        histograms.append(self)

    def observe(self, value: float, *labels: str) -> None:
        """Have it written by the next `flush`."""
        self._waiting.append((labels, value))

    def flush(self) -> None:
        """Write what was observed until now."""
        by_labels: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
        for _ in range(len(self._waiting)):
            labels, value = self._waiting.popleft()
            by_labels[labels].append(value)
        for labels, values in by_labels.items():
            kept = self._kept.labels(*labels) if labels else self._kept
            for value in values:
                kept.observe(value)


def counter(name: str, text: str, *labels: str) -> Counter:
    """Counts upwards; scraped as `ordergraph_NAME_total`."""
    return cast("Counter", _made("Counter", name, text, labels))


def histogram(name: str, text: str, *labels: str, buckets: Sequence[float]) -> Histogram | Idle:
    """Scraped as `ordergraph_NAME_bucket`, `_sum` and `_count`."""
    made = _made("Histogram", name, text, labels, buckets=buckets)
    return Histogram(made) if ON else Idle()


def gauge(name: str, text: str, *labels: str, mode: Mode) -> Gauge:
    """A value of now; `mode` says what becomes of those of several living processes."""
    return cast("Gauge", _made("Gauge", name, text, labels, multiprocess_mode=mode))


def folder() -> Path:
    """Where the processes of a container keep their files: only ours, and on a file system in memory."""
    if given := os.environ.get(FOLDER_VARIABLE):
        path = Path(given)
        path.mkdir(parents=True, exist_ok=True)
        return path
    path = Path(tempfile.gettempdir()) / f"ordergraph-metrics-{os.getuid()}-{METRICS_PORT}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.getuid():
        raise ImproperlyConfigured(f"{path} belongs to somebody else; name another folder in {FOLDER_VARIABLE}")
    os.environ[FOLDER_VARIABLE] = str(path)
    return path


def _made(kind: str, name: str, text: str, labels: Sequence[str], **options: Any) -> Any:
    declared[PREFIX + name] = kind.lower()
    if not ON:
        return Idle()
    folder()
    import prometheus_client

    return getattr(prometheus_client, kind)(PREFIX + name, text, labels, **options)
