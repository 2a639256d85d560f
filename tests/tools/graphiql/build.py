"""Builds the GraphiQL page into `dist/` with npm and vite, when a source file has changed since the last time."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from backend.dev import bootstrap
from tests.tools.graphiql.node import TOOLS, BuildFailed, Node, find_node, run_tool

FOLDER = bootstrap.ROOT / "backend" / "graphiql"
DIST = FOLDER / "dist"  # where `backend/graphiql/views.py` reads it
WORK = TOOLS / "graphiql"  # a copy of the sources, and their packages
SOURCES = (".npmrc", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "index.html", "src")
TESTS = "tests"  # no part of the page
PACKAGES = WORK / "node_modules"
DEMANDS = (".npmrc", "package.json", "package-lock.json")  # which packages there are to be
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
        if is_current(source_stamp()):
            return None
        with alone(log):
            if not is_current(source_stamp()):
                _build(log)
    except (BuildFailed, OSError) as error:
        reason = " ".join(str(error).split())
        with contextlib.suppress(OSError):
            DIST.mkdir(exist_ok=True)
            (DIST / "reason").write_text(reason)
        return reason
    return None


def alone(log: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
    """WORK belongs to this process until the block ends; others wait."""
    return bootstrap.alone(TOOLS / "graphiql.lock", "waiting for another build, or for the tests of the page", log)


def prepare(node: Node, log: Callable[[str], None]) -> None:
    """Fill WORK; its packages stay for the next time, while they are the same and run. Raises BuildFailed."""
    _clear()
    for name in (*SOURCES, TESTS):
        _copy(FOLDER / name, WORK / name)
    mark = PACKAGES / "installed"
    if mark.is_file() and mark.read_text() == digest(WORK, DEMANDS) and _run_here(node):
        return
    log("installing packages")
    mark.unlink(missing_ok=True)
    try:
        _run("npm ci", [*node.npm, "ci", *NPM_OPTIONS], node=node, log=log)
        if not _run_here(node):  # npm calls it a success when the one that is made for this machine did not come
            raise BuildFailed("npm ci did not install packages that run on this machine")
    except BuildFailed:
        shutil.rmtree(PACKAGES, ignore_errors=True)
        raise
    mark.write_text(digest(WORK, DEMANDS))


def _clear() -> None:
    """Nothing stays of other sources but the packages."""
    WORK.mkdir(parents=True, exist_ok=True)
    for path in WORK.iterdir():
        if path.is_dir() and path != PACKAGES:
            shutil.rmtree(path)
        elif path != PACKAGES:
            path.unlink()


def _run_here(node: Node) -> bool:
    """Whether vite starts, and with it what is compiled for one kind of machine."""
    command = [node.node, "--input-type=module", "--eval", "import 'vite'"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        return run_tool(command, timeout=60, cwd=WORK, env=node.environment).returncode == 0
    return False


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy2(source, target)


def source_stamp() -> str:
    """Of everything that the page is built from."""
    return digest(FOLDER, SOURCES)


def digest(folder: Path, names: Iterable[str]) -> str:
    """sha256 over the names and bytes of these files, and of all in these folders."""
    digest = hashlib.sha256()
    found = (file for name in names for file in (folder / name, *(folder / name).rglob("*")) if file.is_file())
    for file in sorted(found):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def is_current(stamp: str) -> bool:
    """Whether `dist/` holds a whole build of the sources with this stamp."""
    try:
        return (DIST / "index.html").is_file() and (DIST / "stamp").read_text() == stamp
    except OSError:
        return False


def _build(log: Callable[[str], None]) -> None:
    node = find_node()
    prepare(node, log)
    log("bundling")
    _run("vite build", [node.node, "node_modules/vite/bin/vite.js", "build", "--outDir", "dist"], node=node, log=log)
    (WORK / "dist" / "stamp").write_text(digest(WORK, SOURCES))  # those of now may be others already
    if DIST.exists():
        DIST.rename(WORK / "old")
    (WORK / "dist").rename(DIST)


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
