"""The page's TypeScript: strictly typed, its logic (sessions, streams, what is kept) tested by Node's test runner."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.tools.graphiql import build
from tests.tools.graphiql.node import TOOLS, Node, find_node, run_tool

SOURCES = (*build.SOURCES, "tests")
LIMIT_SECONDS = 300


@pytest.fixture(scope="module")
def node() -> Node:
    return find_node()


@pytest.fixture(scope="module")
def project(node: Node) -> Path:
    """A copy of the project with its packages, which are kept for the next run while the lock is the same."""
    lock = hashlib.sha256((build.FOLDER / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = TOOLS / "graphiql-tests"
    stamp = folder / f"{lock}.installed"
    if not stamp.exists():
        shutil.rmtree(folder, ignore_errors=True)
    for name in SOURCES:
        _copy(build.FOLDER / name, folder / name)
    if not stamp.exists():
        run(node, folder, *node.npm, "ci", *build.NPM_OPTIONS)
        stamp.touch()
    return folder


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def run(node: Node, folder: Path, *command: str) -> None:
    done = run_tool(command, timeout=LIMIT_SECONDS, cwd=folder, env=node.environment)
    assert done.returncode == 0, done.stdout


def test_the_typescript_is_strictly_typed_and_keeps_its_promises(node: Node, project: Path) -> None:
    for script in ("check", "test"):
        run(node, project, *node.npm, "run", script)
