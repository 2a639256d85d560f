"""Builds the GraphiQL page into `dist/` with npm and vite; the result is cached until a source file changes."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from backend.graphiql.node import TOOLS, Node, NodeMissing, find_node
from backend.graphiql.tool import run_tool

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent
DIST = FOLDER / "dist"
WORK = TOOLS / "graphiql"
SOURCES = (".npmrc", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "index.html", "src")
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


class StepFailed(Exception):
    """A tool failed or took too long; the text is one line for people."""


def build(log: Callable[[str], None]) -> str | None:
    """Builds GraphiQL unless the build in `dist/` is current; progress goes to `log`, line by line.

    Returns None when a current build is in place, else the reason why not, in one line. An expected failure
    (no network, no Node.js, no room) is never raised, and leaves an older build as it was. Once Node.js is
    there it takes at most ten minutes; a second caller waits for the first.
    """
    try:
        stamp = source_stamp()
        if is_current(stamp):
            return None
        TOOLS.mkdir(exist_ok=True)
        with _one_at_a_time():
            if not is_current(stamp):
                _build(stamp, log)
    except (NodeMissing, StepFailed, OSError) as error:
        reason = " ".join(str(error).split())
        _keep_reason(reason)
        return reason
    return None


def source_stamp() -> str:
    """sha256 over the names and bytes of everything the build reads."""
    digest = hashlib.sha256()
    for name in SOURCES:
        path = FOLDER / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                content = file.read_bytes()
                digest.update(f"{file.relative_to(FOLDER).as_posix()} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()


def is_current(stamp: str) -> bool:
    """Whether `dist/` holds a whole build of the sources with this stamp."""
    try:
        return (DIST / "index.html").is_file() and (DIST / "stamp").read_text() == stamp
    except OSError:
        return False


def failure_reason() -> str:
    """Why the last build failed; empty when none was tried."""
    try:
        return (DIST / "reason").read_text()
    except OSError:
        return ""


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A second builder waits here and then finds the first one's build; the lock ends with its process."""
    with (TOOLS / "graphiql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(stamp: str, log: Callable[[str], None]) -> None:
    node = find_node(log)
    try:
        _copy_sources()
        run = partial(_run, node=node, deadline=time.monotonic() + LIMIT_SECONDS, log=log)
        log("installing packages")
        run("npm ci", [*node.npm, "ci", *NPM_OPTIONS])
        log("bundling")
        run("vite build", [node.node, "node_modules/vite/bin/vite.js", "build", "--outDir", "dist"])
        (WORK / "dist" / "stamp").write_text(stamp)
        _put_in_place(WORK / "dist", WORK / "old")
    finally:
        shutil.rmtree(WORK, ignore_errors=True)


def _copy_sources() -> None:
    shutil.rmtree(WORK, ignore_errors=True)  # what a killed build left
    WORK.mkdir()
    for name in SOURCES:
        if (FOLDER / name).is_dir():
            shutil.copytree(FOLDER / name, WORK / name)
        else:
            shutil.copy2(FOLDER / name, WORK / name)


def _put_in_place(fresh: Path, aside: Path) -> None:
    if DIST.exists():
        DIST.rename(aside)
    fresh.rename(DIST)


def _run(step: str, command: list[str], *, node: Node, deadline: float, log: Callable[[str], None]) -> None:
    try:
        left = max(1.0, deadline - time.monotonic())
        done = run_tool(command, timeout=left, cwd=WORK, env=node.environment)
    except subprocess.TimeoutExpired as error:
        raise StepFailed(f"{step} took longer than {LIMIT_SECONDS // 60} minutes") from error
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        for line in lines[-TAIL_LINES:]:
            log(line)
        code = re.search(r"npm error code (\w+)", done.stdout)
        raise StepFailed(f"{step} failed ({code[1] if code else f'exit {done.returncode}'})")


def _keep_reason(reason: str) -> None:
    try:
        DIST.mkdir(exist_ok=True)
        (DIST / "reason").write_text(reason)
    except OSError:
        logger.warning("cannot write %s", DIST, exc_info=True)
