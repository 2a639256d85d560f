"""What the tests of the development stack share: polling, process trees, and manage.py as a person would run it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0  # seconds, generous: the machine may be busy
# Empty rather than absent, so that a developer's .env does not fill them in.
CLEAN = {"DATABASE_URL": "", "REDIS_URL": "", "GRAPHIQL": "off"}
OURS_ALONE = ("TEST_DATABASE_NAME", "REDIS_PREFIX", "DJANGO_SETTINGS_MODULE", "EMAIL_FILE_PATH", "EMAIL_BACKEND")


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)


def clean_environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in OURS_ALONE and not key.startswith("PYTEST_")}
    return {**kept, **CLEAN, **more}


def manage(*arguments: str, answer: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        input=answer,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextlib.contextmanager
def started(command: list[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own session; whatever it started is ended afterwards, however the test went."""
    # A suite that runs as a shell's background job has SIGINT ignored, and its children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command,
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def family(pid: int) -> list[psutil.Process]:
    return list(psutil.Process(pid).children(recursive=True))


def all_gone(processes: Iterable[psutil.Process]) -> bool:
    return not any(is_alive(process) for process in processes)


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
