"""How large a promise is proved, what was measured, and where a long one goes on after an interruption.

`manage.py test` proves in small, `manage.py prove` (ORDERGRAPH_PROVE=full) in full. Figures are shown as they come and
kept in `prove.jsonl` in the state folder, a line each.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.utils import timezone

from backend.dev.state import ROOT, default_folder

FULL = os.environ.get("ORDERGRAPH_PROVE") == "full"

_shown_by: list[pytest.Config] = []


def size[T](small: T, full: T) -> T:
    """`small` in the ordinary suite, `full` in `manage.py prove`."""
    return full if FULL else small


def show_on(config: pytest.Config) -> None:
    """Print the figures to this run's terminal from now on."""
    _shown_by[:] = [config]


def figures(name: str, **values: object) -> None:
    """Show what a promise measured, and keep it. It also ends the rounds of that name."""
    _keep(name, kind="figures", values=values)
    row = "  ".join(f"{key.replace('_', ' ')}: {_readable(value)}" for key, value in values.items())
    for config in _shown_by:
        _print(config, f"{name:<24} {row}")


class Rounds:
    """A long promise in pieces: `for number in rounds: ...; rounds.finish(number, kills=7)`.

    At full size on a clean commit, rounds that an interrupted run of the same commit finished are not done again;
    `total` sums what all of them counted, `most` has the largest count of one.
    """

    def __init__(self, name: str, count: int) -> None:
        self.total: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._name = name
        self._count = count
        self._finished: set[int] = set()
        for line in _unfinished_rounds(name):
            self._count_in(line["number"], line["values"])

    def __iter__(self) -> Iterator[int]:
        return (number for number in range(self._count) if number not in self._finished)

    def finish(self, number: int, **counts: int) -> None:
        self._count_in(number, counts)
        _keep(self._name, kind="round", number=number, values=counts)

    def _count_in(self, number: int, counts: dict[str, int]) -> None:
        self._finished.add(number)
        self.total.update(counts)
        self.most |= Counter(counts)


def _unfinished_rounds(name: str) -> list[dict[str, Any]]:
    """The rounds since the last figures of that name."""
    path = default_folder() / "prove.jsonl"
    if not FULL or commit().endswith("-dirty") or not path.exists():
        return []
    found: list[dict[str, Any]] = []
    for line in map(json.loads, path.read_text().splitlines()):
        if (line["name"], line["commit"], line["full"]) == (name, commit(), True):
            found = [*found, line] if line["kind"] == "round" else []
    return found


@cache
def commit() -> str:
    """Which state of the sources is proved; ends in -dirty when it is no commit's."""
    command = ["git", "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "no-commit-dirty"


def _keep(name: str, **about: object) -> None:
    line = {"at": timezone.now().isoformat(timespec="seconds"), "commit": commit(), "full": FULL, "name": name, **about}
    folder = default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "prove.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def _print(config: pytest.Config, text: str) -> None:
    manager = config.pluginmanager
    terminal, capture = manager.get_plugin("terminalreporter"), manager.get_plugin("capturemanager")
    if terminal and capture:  # neither in a worker of pytest-xdist
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(text)


def _readable(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
