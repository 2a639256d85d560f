"""`manage.py test` around a pytest run in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.dev.state import State
from tests.backend.dev.tools import ROOT, all_gone, eventually, family, manage, started
from tests.tools.testing import in_parallel

REPORT = """
import json, os, pathlib, sys, time
def test_report(request):
    here = pathlib.Path(__file__).parent
    names = ("DATABASE_URL", "REDIS_URL", "TEST_DATABASE_NAME", "REDIS_PREFIX", "DJANGO_SETTINGS_MODULE")
    report = here / f"{os.getpid()}.new"
    report.write_text(json.dumps({name: os.environ[name] for name in names} | {"frugal": sys.dont_write_bytecode}))
    report.rename(here / f"{os.getpid()}.json")
    deadline = time.monotonic() + 60
    while not (here / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
"""

FRUGAL = {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_report.py").write_text(REPORT)
    return folder


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One folder for all, as in life: its cluster is made once."""
    folder = tmp_path_factory.mktemp("states")
    yield str(folder)
    for name in ("test", "test_2"):
        State(folder / name).remove()


def running(suite: Path, states: str, *options: str) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """Without the plugins that are installed: they cost more than all else."""
    pytest_options = ["-q", "-c", str(suite / "pytest.ini"), "-p", "no:cacheprovider", *options, str(suite)]
    command = [sys.executable, str(ROOT / "manage.py"), "test", *pytest_options]
    return started(command, ORDERGRAPH_STATE_DIR=states, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", **FRUGAL)


def test_two_runs_at_once_share_neither_server_nor_names(suite: Path, states: str) -> None:
    with running(suite, states) as first, running(suite, states) as second:
        eventually(lambda: len(list(suite.glob("*.json"))) == 2, "both runs are in their test")
        one, other = (json.loads(path.read_text()) for path in suite.glob("*.json"))
        (suite / "go").touch()
        outputs = [process.communicate()[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    for name in ("DATABASE_URL", "REDIS_URL", "TEST_DATABASE_NAME", "REDIS_PREFIX"):
        assert one[name] != other[name]
    assert not one["frugal"]  # with bytecode
    assert one["DJANGO_SETTINGS_MODULE"] == "backend.settings.test"
    assert not (Path(states) / "test_2" / "valkey").exists()
    assert all("1 passed" in output.splitlines()[-1] for output in outputs)


@pytest.mark.parametrize(("options", "status"), [(["-k", "nothing_of_this_name"], 5), (["--no-such-option"], 4)])
def test_the_exit_status_is_that_of_pytest(suite: Path, states: str, options: list[str], status: int) -> None:
    with running(suite, states, *options) as process:
        process.communicate()
    assert process.returncode == status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_leaves_no_process(suite: Path, states: str, number: signal.Signals) -> None:
    with running(suite, states) as run:
        eventually(lambda: bool(list(suite.glob("*.json"))), "the run is in its test")
        descendants = family(run.pid)
        run.send_signal(number)
        eventually(lambda: all_gone(descendants), "no process left")


def test_help_is_given_without_starting_anything(tmp_path: Path) -> None:
    done = manage("test", "--help", ORDERGRAPH_STATE_DIR=str(tmp_path / "state"))
    assert done.returncode == 0
    assert "--reuse-db" in done.stdout
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("arguments", [[], ["-q", "-x"], ["--cov", "--cov-fail-under=95"]], ids=str)
def test_the_whole_suite_uses_the_cores_there_are(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for cores in ({0, 1}, {0, 1, 2, 3, 4, 5, 6, 7}):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: cores, raising=False)
        assert in_parallel(arguments) == ["-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    assert in_parallel(arguments) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["tests/schema"],
        ["tests/test_gates.py::test_no_migration_is_missing"],
        ["-n", "0"],
        ["-n3"],
        ["-x", "--pdb"],
        ["-k", "cursor"],
    ],
    ids=str,
)
def test_a_part_of_it_pays_for_no_worker(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert in_parallel(arguments) == []
