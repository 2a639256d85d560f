from __future__ import annotations

from pathlib import Path

import pytest

from backend.dev.state import State
from tests.backend.dev.tools import manage


@pytest.fixture
def used(state: State) -> State:
    state.mails.mkdir(parents=True)
    (state.mails / "confirmation.log").touch()
    return state


def test_nothing_is_deleted_before_the_answer_is_yes(used: State) -> None:
    done = manage("reset", "--state-dir", str(used.folder), answer="n\n")
    assert done.returncode == 1
    assert "[y/N]" in done.stdout
    assert used.mails.exists()


def test_nothing_is_deleted_when_nobody_can_answer(used: State) -> None:
    done = manage("reset", "--state-dir", str(used.folder))
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert used.mails.exists()


@pytest.mark.parametrize(("options", "answer"), [([], "y\n"), (["--yes"], "")])
def test_yes_deletes_database_and_mails_and_nothing_else(used: State, options: list[str], answer: str) -> None:
    (used.folder / "notes.txt").touch()
    done = manage("reset", "--state-dir", str(used.folder), *options, answer=answer)
    assert done.returncode == 0, done.stderr
    assert not used.mails.exists()
    assert (used.folder / "notes.txt").exists()


def test_it_refuses_while_dev_runs(used: State) -> None:
    with used.held("dev", url="http://127.0.0.1:8000/graphql"):
        done = manage("reset", "--yes", "--state-dir", str(used.folder))
    assert done.returncode == 1
    assert "`manage.py dev`" in done.stderr
    assert used.mails.exists()


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    assert manage("reset", "--yes", "--state-dir", str(tmp_path / "none")).returncode == 0
    assert not (tmp_path / "none").exists()
