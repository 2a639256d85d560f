"""No child outlives its parent, nor do the children's children."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from backend.dev.processes import Children, Spec
from tests.backend.dev.tools import ROOT, all_gone, eventually, family, started

# Starts one child, which starts one of its own; both ignore polite requests.
STUBBORN = "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}; time.sleep(600)"
CHILD = STUBBORN.format("subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])")
PARENT = f"""
import sys, time
from backend.dev.processes import Children, Spec
with Children() as children:
    children.start(Spec(name="child", command=[sys.executable, "-c", {CHILD!r}]))
    time.sleep(600)
"""


def grown_up(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The guard, the child and the grandchild."""
    eventually(lambda: len(family(process.pid)) == 3, "three descendants")
    return family(process.pid)


def test_kill_9_of_the_parent_leaves_no_process() -> None:
    with started([sys.executable, "-c", PARENT]) as parent:
        descendants = grown_up(parent)
        parent.kill()
        eventually(lambda: all_gone(descendants), "no process left")


def test_a_child_dies_with_its_parent_even_when_the_guard_is_killed_too() -> None:
    if sys.platform != "linux":
        pytest.skip("the death signal is Linux's")
    with started([sys.executable, "-c", PARENT]) as parent:
        descendants = grown_up(parent)
        guard = next(each for each in descendants if any(part.endswith("guard.py") for part in each.cmdline()))
        direct = [each for each in psutil.Process(parent.pid).children() if each != guard]
        guard.kill()
        parent.kill()
        eventually(lambda: all_gone(direct), "no child left")
        for each in descendants:
            if each.is_running():
                each.kill()


def test_stopping_kills_what_does_not_listen_and_its_children() -> None:
    with Children() as children:
        child = children.start(Spec(name="child", command=[sys.executable, "-c", CHILD]))
        eventually(lambda: bool(family(child.process.pid)), "a grandchild")
        descendants = family(child.process.pid)
        children.stop([child], patience=0.2)
        assert child.process.returncode == -signal.SIGKILL
    eventually(lambda: all_gone(descendants), "no grandchild left")


def test_a_command_that_does_not_exist_is_an_ordinary_failure(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Children() as children:
        child = children.start(Spec(name="child", command=[str(ROOT / "nothing-here")], log=log))
        assert child.process.wait() == 1
    assert "No such file" in log.read_text()
