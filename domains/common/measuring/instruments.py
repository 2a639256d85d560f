"""Counters, gauges and histograms of Prometheus. Without METRICS_PORT they do nothing, and its library is not loaded.

Each process writes its own into files that are mapped into memory, so an increment is seen by whoever serves them, and
outlives the process. That costs about 2 microseconds; a histogram's observation costs 4.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram

ON: bool = settings.METRICS_PORT > 0
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it while it is imported
PREFIX = "ordergraph_"
declared: dict[str, str] = {}  # the full name of each -> its kind

type Mode = Literal["livesum", "livemax", "livemostrecent"]


class Idle:
    """An instrument while metrics are off."""

    def labels(self, *values: str) -> Self:
        return self

    def inc(self, amount: float = 1) -> None: ...

    def set(self, value: float) -> None: ...

    def observe(self, amount: float) -> None: ...


def counter(name: str, text: str, *labels: str) -> Counter:
    """Counts upwards; scraped as `ordergraph_NAME_total`."""
    return cast("Counter", _made("Counter", name, text, labels))


def histogram(name: str, text: str, *labels: str, buckets: Sequence[float]) -> Histogram:
    """How often a value was at most as large as each bucket, and the sum of all."""
    return cast("Histogram", _made("Histogram", name, text, labels, buckets=buckets))


def gauge(name: str, text: str, *labels: str, mode: Mode) -> Gauge:
    """A value of now; `mode` says what becomes of those of several living processes."""
    return cast("Gauge", _made("Gauge", name, text, labels, multiprocess_mode=mode))


def folder() -> Path:
    """Where the processes of a container keep their files: only ours, and on a file system in memory."""
    if given := os.environ.get(FOLDER_VARIABLE):
        path = Path(given)
        path.mkdir(parents=True, exist_ok=True)
        return path
    path = Path(tempfile.gettempdir()) / f"ordergraph-metrics-{os.getuid()}-{settings.METRICS_PORT}"
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
