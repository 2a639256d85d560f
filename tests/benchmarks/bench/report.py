"""The figures of a run, as a table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import quantiles
from typing import Any


@dataclass
class Cell:
    """One workload on one server with so many clients, over all rounds. Seconds, but for `rss_mb`."""

    workload: str
    clients: int
    server: str
    statements: float | None
    requests: int = 0
    failures: int = 0
    seconds: float = 0.0
    server_cpu: float = 0.0
    database_cpu: float = 0.0
    redis_cpu: float = 0.0
    client_cpu: float = 0.0
    rss_mb: float = 0.0
    latencies: list[float] = field(default_factory=list)
    rounds: list[dict[str, float]] = field(default_factory=list)

    def ms(self, seconds: float) -> float:
        """Milliseconds of a request."""
        return seconds / max(self.requests, 1) * 1000

    @property
    def rate(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        return quantiles(self.latencies, n=100)[percent - 1] * 1000 if len(self.latencies) > 1 else 0.0

    def figures(self) -> dict[str, Any]:
        """As JSON, per request where it is no rate; milliseconds."""
        plain = {name: value for name, value in asdict(self).items() if name != "latencies"}
        for name in ("server_cpu", "database_cpu", "redis_cpu", "client_cpu"):
            plain[f"{name}_ms"] = round(self.ms(plain.pop(name)), 4)
        return plain | {"per_second": self.rate, "p50_ms": self.percentile(50), "p99_ms": self.percentile(99)}


HEAD = (
    *("what", "clients", "server", "req/s", "x drf", "p50 ms", "p99 ms"),
    *("server CPU ms", "PostgreSQL CPU ms", "Redis CPU ms", "statements", "RSS MB", "client CPU ms"),
)


def table(cells: Iterable[Cell]) -> str:
    """Markdown, aligned."""
    cells = list(cells)
    rates = {(cell.workload, cell.clients): cell.rate for cell in cells if cell.server == "drf"}
    rows = [HEAD, *(_row(cell, rates.get((cell.workload, cell.clients), 0.0)) for cell in cells)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = [f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(cell: Cell, base: float) -> tuple[str, ...]:
    failed = f" ({cell.failures} FAILED)" if cell.failures else ""
    return (
        cell.workload,
        str(cell.clients),
        cell.server + failed,
        f"{cell.rate:.0f}",
        f"{cell.rate / base:.2f}" if base else "-",
        f"{cell.percentile(50):.1f}",
        f"{cell.percentile(99):.1f}",
        f"{cell.ms(cell.server_cpu):.2f}",
        f"{cell.ms(cell.database_cpu):.2f}",
        f"{cell.ms(cell.redis_cpu):.3f}",
        "-" if cell.statements is None else f"{cell.statements:g}",
        f"{cell.rss_mb:.0f}",
        f"{cell.ms(cell.client_cpu):.3f}",
    )


def machine() -> dict[str, Any]:
    """Where it ran, and how busy it was besides."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load_average": os.getloadavg(),
    }
