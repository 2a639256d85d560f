"""What needs no server starts none and waits for none."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.dev import checking
from tests.backend.dev.tools import manage


def test_migrations_are_made_without_a_database(tmp_path: Path) -> None:
    done = manage("makemigrations", "--check", "--dry-run", ORDERGRAPH_STATE_DIR=str(tmp_path / "state"))
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "No changes detected", "")
    assert not (tmp_path / "state").exists()


def test_one_check_that_fails_is_shown_and_fails_all(capsys: pytest.CaptureFixture[str]) -> None:
    status = checking.run({"good": ["-c", "print('quiet')"], "bad": ["-c", "import sys; sys.exit('because')"]})
    shown = capsys.readouterr().out
    assert status == 1
    assert ("good: passed" in shown, "bad: FAILED\nbecause" in shown, "quiet" in shown) == (True, True, False)
    assert checking.run({"good": ["-c", ""]}) == 0
