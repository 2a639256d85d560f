"""Builds the GraphiQL page into `dist/` with npm and vite, when a source file has changed since the last time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from backend.dev.bootstrap import ROOT
from tests.tools.graphiql.node import TOOLS, BuildFailed, Node, find_node, run_tool

FOLDER = ROOT / "backend" / "graphiql"
DIST = FOLDER / "dist"  # where `backend/graphiql/views.py` reads it
WORK = TOOLS / "graphiql"  # a copy of the sources, and their packages
SOURCES = (".npmrc", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "index.html", "src")
TESTS = "tests"  # no part of the page
LIMIT_SECONDS = 600
TAIL_LINES = 15
NPM_OPTIONS = (
    "--no-audit",
    "--no-fund",
    "--include=dev",  # also where NODE_ENV says production: vite is one of them
    "--ignore-scripts",  # no package needs its install script
    "--fetch-retry-mintimeout=2000",  # milliseconds; npm's own waits add up to minutes where there is no network
    "--fetch-retry-maxtimeout=10000",
    "--fetch-timeout=60000",
)


def build(log: Callable[[str], None]) -> str | None:
    """Builds GraphiQL unless the build in `dist/` is current; progress goes to `log`, line by line.

    Returns None when a current build is in place, else the reason why not, in one line. An expected failure
    (no network, no Node.js, no room) is never raised, and leaves an older build as it was. Once Node.js is
    there each of the two steps takes at most ten minutes; a second caller waits for the first.
    """
    try:
        stamp = source_stamp()
        if is_current(stamp):
            return None
        with alone():
            if not is_current(stamp):
                _build(stamp, log)
    except (BuildFailed, OSError) as error:
        reason = " ".join(str(error).split())
        with contextlib.suppress(OSError):
            DIST.mkdir(exist_ok=True)
            (DIST / "reason").write_text(reason)
        return reason
    return None


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """WORK belongs to this process until the block ends; others wait."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "graphiql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # ends with its process
        yield


def prepare(node: Node, log: Callable[[str], None]) -> None:
    """Fill WORK; its packages stay for the next time, while their lock is the same. Raises BuildFailed."""
    packages = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()[:16]
    mark = WORK / f"{packages}.installed"
    if not mark.exists():
        shutil.rmtree(WORK, ignore_errors=True)
    for name in (*SOURCES, TESTS):
        _copy(FOLDER / name, WORK / name)
    if not mark.exists():
        log("installing packages")
        try:
            _run("npm ci", [*node.npm, "ci", *NPM_OPTIONS], node=node, log=log)
        except BuildFailed:
            shutil.rmtree(WORK, ignore_errors=True)
            raise
        mark.touch()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def source_stamp() -> str:
    """sha256 over the names and bytes of everything the build reads."""
    digest = hashlib.sha256()
    for file in _sources():
        content = file.read_bytes()
        digest.update(f"{file.relative_to(FOLDER).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> list[Path]:
    found = (file for name in SOURCES for file in (FOLDER / name, *(FOLDER / name).rglob("*")))
    return sorted(file for file in found if file.is_file())


def is_current(stamp: str) -> bool:
    """Whether `dist/` holds a whole build of the sources with this stamp."""
    try:
        return (DIST / "index.html").is_file() and (DIST / "stamp").read_text() == stamp
    except OSError:
        return False


def _build(stamp: str, log: Callable[[str], None]) -> None:
    node = find_node()
    prepare(node, log)
    log("bundling")
    _run("vite build", [node.node, "node_modules/vite/bin/vite.js", "build", "--outDir", "dist"], node=node, log=log)
    (WORK / "dist" / "stamp").write_text(stamp)
    old = WORK / "old"
    shutil.rmtree(old, ignore_errors=True)  # what a killed build left
    if DIST.exists():
        DIST.rename(old)
    (WORK / "dist").rename(DIST)
    shutil.rmtree(old, ignore_errors=True)


def _run(step: str, command: list[str], *, node: Node, log: Callable[[str], None]) -> None:
    try:
        done = run_tool(command, timeout=LIMIT_SECONDS, cwd=WORK, env=node.environment)
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"{step} took longer than {LIMIT_SECONDS // 60} minutes") from error
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        for line in lines[-TAIL_LINES:]:
            log(line)
        code = re.search(r"npm error code (\w+)", done.stdout)
        raise BuildFailed(f"{step} failed ({code[1] if code else f'exit {done.returncode}'})")
