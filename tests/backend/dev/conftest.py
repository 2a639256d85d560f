from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.dev.state import State


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """An empty state folder; embedded servers are started in it whatever this test run itself was given."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "")
    found = State(tmp_path / "state")
    yield found
    found.remove()
