"""Build `.venv` from requirements-dev.lock: find a Python and uv, or fetch uv, then install what the lock names.

manage.py loads this by path, on any Python 3.8+ and with nothing installed: only the standard library and 3.8 syntax.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "requirements-dev.lock"
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "ordergraph-stamp"
UNFINISHED = VENV / "ordergraph-unfinished"
OLDEST, TOO_NEW = (3, 12), (3, 15)
OLDEST_UV = (0, 4)
PROBE = (
    "import sys, sysconfig; print('%d.%d' % sys.version_info[:2], sys.implementation.name,"
    " sysconfig.get_config_var('Py_GIL_DISABLED') or 0, sys.executable)"
)


class SetupError(Exception):
    """Set-up cannot go on; the message is for the person at the terminal."""


def set_up() -> None:
    try:
        build_venv()
    except SetupError as error:
        sys.exit(f"manage.py: {error}")
    except OSError as error:
        sys.exit(f"manage.py: set-up writes .venv and .tools into {ROOT}, and that failed: {error}.")
    except KeyboardInterrupt:
        sys.exit(130)


def inside_venv() -> bool:
    return os.path.realpath(sys.prefix) == os.path.realpath(str(VENV))


def is_ready() -> bool:
    """Whether `.venv` is complete and made from the present lock; takes a few milliseconds."""
    try:
        digest, version = STAMP.read_text().split()
    except (OSError, ValueError):
        return False
    # The base interpreter may have been replaced by another version below a finished .venv.
    same_python = not inside_venv() or version == "{}.{}".format(*sys.version_info)
    return same_python and digest == lock_digest() and os.access(str(VENV_PYTHON), os.X_OK)


def lock_digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def build_venv() -> None:
    if os.name != "posix":
        raise SetupError("Linux or macOS is needed. On Windows use WSL, or `docker compose up`.")
    with alone(TOOLS / "setup.lock", "another manage.py is setting up this checkout; waiting for it", say):
        if is_ready():
            return
        started = time.monotonic()
        python, refused = find_python()
        uv = find_uv(python)
        # One whose installation was broken off may hold half-written packages.
        if UNFINISHED.exists() or not fits(probe(str(VENV_PYTHON))):
            make_empty_venv(uv, python, refused)
        UNFINISHED.touch()
        # Without compiled files, and forbidden to write them, every process would compile Django anew: 2 s each time.
        compiled = ["--compile-bytecode"] if os.environ.get("PYTHONDONTWRITEBYTECODE") else []
        sync = [uv, "pip", "sync", "--require-hashes", *compiled, "--python", VENV_PYTHON, LOCK]
        run("installing the locked packages", *sync)
        found = probe(str(VENV_PYTHON))
        if found is None:
            raise SetupError(f"{VENV_PYTHON} does not run. Remove {VENV} and start again.")
        UNFINISHED.unlink()
        STAMP.write_text(f"{lock_digest()} {found[0]}\n")
        say(f"ready after {time.monotonic() - started:.0f} s")


@contextlib.contextmanager
def alone(path: Path, waiting: str, log: Callable[[str], None]) -> Iterator[None]:
    """Hold this lock, which ends with the process at the latest. Where another holds it, say so and wait."""
    import fcntl

    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log(waiting)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_empty_venv(uv: str, python: str | None, refused: list[str]) -> None:
    if VENV.exists():
        shutil.rmtree(str(VENV))
    wanted = python or ">={}.{},<{}.{}".format(*OLDEST, *TOO_NEW)
    try:
        run("creating .venv", uv, "venv", "--python", wanted, VENV)
    except SetupError as error:
        if python:
            raise
        raise SetupError(
            "Python {}.{} or newer, below {}.{}, is needed.".format(*OLDEST, *TOO_NEW)
            + f" Found here: {', '.join(refused) or 'none at all'}. Install one of these versions (with your package"
            " manager, `pyenv install 3.13` or `uv python install 3.13`) and start again. uv tried to fetch one:"
            f" {error}"
        ) from error


def find_python() -> tuple[str | None, list[str]]:
    """The first interpreter that really runs and fits, and what was found but does not fit."""
    refused: list[str] = []
    for version, path in filter(None, map(probe, candidates())):
        if fits((version, path)):
            return path, refused
        if f"{version} ({path})" not in refused:
            refused.append(f"{version} ({path})")
    return None, refused


def candidates() -> Iterator[str]:
    yield getattr(sys, "_base_executable", None) or sys.executable
    for name in ("python3.14", "python3.13", "python3.12", "python3"):
        yield from on_path(name)
    for root in (os.environ.get("PYENV_ROOT"), os.path.expanduser("~/.pyenv")):
        if root:
            yield from sorted(glob.glob(os.path.join(root, "versions", "3.1[2-4]*", "bin", "python3")), reverse=True)


def on_path(name: str) -> Iterator[str]:
    """Every place, not only the first: a pyenv shim may come before the one that works."""
    for folder in os.get_exec_path():
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            yield path


def probe(python: str) -> tuple[str, str] | None:
    """Version ("3.12") and real path of an interpreter; None for one that does not run or has no wheels."""
    answer = output_of(python, "-I", "-c", PROBE).split(maxsplit=3)
    return (answer[0], answer[3].strip()) if len(answer) == 4 and answer[1:3] == ["cpython", "0"] else None


def fits(found: tuple[str, str] | None) -> bool:
    return found is not None and OLDEST <= tuple(int(part) for part in found[0].split(".")) < TOO_NEW


def find_uv(python: str | None) -> str:
    own = TOOLS / "uv" / "bin" / "uv"
    for path in [*on_path("uv"), os.path.expanduser("~/.local/bin/uv"), str(own)]:
        if uv_works(path):
            return path
    with_pip = python or sys.executable
    shutil.rmtree(str(own.parent.parent), ignore_errors=True)
    if output_of(with_pip, "-m", "pip", "--version"):
        run("fetching uv", with_pip, "-m", "pip", "install", "--quiet", "--target", own.parent.parent, "uv>=0.8,<1")
    elif output_of(with_pip, "-c", "import ensurepip, venv; print('both')"):
        run("preparing to fetch uv", with_pip, "-m", "venv", own.parent.parent)
        run("fetching uv", own.parent / "python", "-m", "pip", "install", "--quiet", "uv>=0.8,<1")
    if not uv_works(str(own)):
        raise SetupError(
            "uv is needed to install the packages, and this Python has neither pip nor ensurepip to fetch it with."
            " Install uv (https://docs.astral.sh/uv/) or your system's python3-venv package and start again."
        )
    return str(own)


def uv_works(path: str) -> bool:
    match = re.match(r"uv (\d+)\.(\d+)", output_of(path, "--version"))
    return match is not None and tuple(int(part) for part in match.groups()) >= OLDEST_UV


def output_of(*command: str) -> str:
    """What a command prints, or nothing if it fails, hangs or does not exist."""
    no, keep = subprocess.DEVNULL, subprocess.PIPE
    try:
        done = subprocess.run(command, stdin=no, stdout=keep, stderr=no, timeout=60, cwd="/", check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def run(what: str, *command: object) -> None:
    """Say what is done, every 5 s while it lasts. Raises SetupError with the last lines of a tool that fails."""
    say(what)
    words, pipe, env = [str(part) for part in command], subprocess.PIPE, tool_environment()
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT, env=env, cwd=str(ROOT)
    ) as tool:
        for seconds in itertools.count(5, 5):
            with contextlib.suppress(subprocess.TimeoutExpired):
                output = tool.communicate(timeout=5)[0].decode(errors="replace")
                break
            say(f"{what}: {seconds} s so far")
    if tool.returncode:
        last_lines = "\n".join(f"    {line[:160]}" for line in output.splitlines()[-6:])
        raise SetupError(
            f"{what} failed. The first start downloads packages (about 100 MB), so it needs the network, or a mirror"
            f" (UV_DEFAULT_INDEX, PIP_INDEX_URL), and room on the disk. The last lines of the tool:\n{last_lines}"
        )


def tool_environment() -> dict[str, str]:
    """uv reads its own variables only; what pip was told about mirrors and certificates holds for it too."""
    env = dict(os.environ)
    for pip_name, uv_name in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if pip_name in env and "UV_INDEX_URL" not in env:
            env.setdefault(uv_name, env[pip_name])
    if not os.access(os.path.expanduser("~"), os.W_OK):
        env.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
        env.setdefault("UV_PYTHON_INSTALL_DIR", str(TOOLS / "python"))
    return env


def say(line: str) -> None:
    print(f"setup | {line}", file=sys.stderr, flush=True)
