"""What needs no server starts none and waits for none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.backend.dev.tools import ROOT, manage
from tests.commands import python
from tests.tools import checking


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


@pytest.mark.parametrize("command", ["test", "prove", "check_all"])
def test_what_needs_a_checkout_says_so_in_the_image(tmp_path: Path, command: str) -> None:
    shutil.copytree(ROOT / "backend", tmp_path / "backend", ignore=shutil.ignore_patterns("graphiql", "__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    done = python("manage.py", command, folder=tmp_path, environment={"ORDERGRAPH_BOOTSTRAP": "off"})
    assert (done.returncode, done.stderr) == (
        1,
        f"manage.py: `manage.py {command}` needs a checkout: the image has no tests.\n",
    )
