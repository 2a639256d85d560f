"""What a real process serves on its port for metrics, read by Prometheus' own parser."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

type Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Scrape:
    """Every sample by its name and labels."""

    samples: dict[Key, float]

    def value(self, name: str, **labels: str) -> float:
        """Of one sample; 0 without it."""
        return self.samples.get((f"ordergraph_{name}", frozenset(labels.items())), 0.0)

    def total(self, name: str, **labels: str) -> float:
        """The sum of all samples that have these labels among theirs."""
        wanted = labels.items()
        return sum(v for (n, found), v in self.samples.items() if n == f"ordergraph_{name}" and wanted <= set(found))

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}


def scrape(port: int) -> Scrape:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    return Scrape({(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples})
