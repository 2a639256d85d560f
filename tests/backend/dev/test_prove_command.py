from __future__ import annotations

from pathlib import Path

import pytest

from tests.backend.dev.tools import manage
from tests.promises import figures
from tests.promises.figures import Rounds


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full run on a clean commit that ended in its third round."""
    monkeypatch.setenv("ORDERGRAPH_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(figures, "FULL", True)
    monkeypatch.setattr(figures, "_shown_by", [])
    monkeypatch.setattr(figures, "commit", lambda: "0123456789ab")
    rounds = Rounds("kills", 4)
    for number in (0, 1):
        rounds.finish(number, kills=5)


def test_the_promises_are_listed_with_what_they_say() -> None:
    done = manage("prove", "--list")
    assert done.returncode == 0, done.stderr
    assert "never_oversells              what is not in stock is not sold" in done.stdout


def test_an_unknown_promise_is_refused_with_the_names_there_are() -> None:
    done = manage("prove", "nonsense")
    assert done.returncode == 1
    assert "never_oversells" in done.stderr


@pytest.mark.usefixtures("interrupted")
def test_an_interrupted_promise_goes_on_with_what_it_had_counted() -> None:
    rounds = Rounds("kills", 4)
    assert (list(rounds), rounds.total) == ([2, 3], {"kills": 10})


@pytest.mark.usefixtures("interrupted")
def test_a_finished_promise_is_proved_afresh() -> None:
    figures.figures("kills", kills=20)
    assert list(Rounds("kills", 4)) == [0, 1, 2, 3]


@pytest.mark.usefixtures("interrupted")
def test_rounds_of_another_commit_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "commit", lambda: "ba9876543210")
    assert list(Rounds("kills", 4)) == [0, 1, 2, 3]
