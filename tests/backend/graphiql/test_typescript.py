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


def checked_mark(project: Path) -> Path:
    """The file that says: the compiler has checked exactly these files, with exactly these packages."""
    digest = hashlib.sha256()
    for file in sorted(file for name in SOURCES for file in (project / name, *(project / name).rglob("*"))):
        if file.is_file():
            digest.update(f"{file.relative_to(project)} {file.stat().st_size}\n".encode() + file.read_bytes())
    return project / f"{digest.hexdigest()[:16]}.checked"


def test_the_typescript_is_strictly_typed_and_keeps_its_promises(node: Node, project: Path) -> None:
    mark = checked_mark(project)
    if not mark.exists():  # the compiler says the same of the same files, and takes 14 s of a core to say it
        run(node, project, *node.npm, "run", "check")
        mark.touch()
    run(node, project, *node.npm, "run", "test")
