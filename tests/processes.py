"""Real processes of the product, on the test database: web, worker, relay."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from backend.dev.units import MONEY, WEB_SERVER

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0  # seconds


def wait_until(true: Callable[[], object], *, what: str, seconds: float = PATIENCE, longest: float = 0.05) -> None:
    """Look again and again, until it is true, after pauses that grow to `longest` seconds where a look is dear."""
    deadline, pause = time.monotonic() + seconds, 0.05
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(pause)
        pause = min(1.5 * pause, longest)


TOLERANT = {"ORDER_MAX_UNPAID": "1000", "DECLINES_PER_HOUR": "100000"}  # few people shop on and on, from one address


def environment(**more: str) -> dict[str, str]:
    """What a child process needs to use the test database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "backend.settings.test",
        "DATABASE_URL": url.geturl(),
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": settings.REDIS_PREFIX,
        **TOLERANT,
        **more,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Stack:
    """The processes of a deployment; each can be killed and started again."""

    def __init__(self, mails: Path, **env: str) -> None:
        self.mails = mails
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/graphql"
        self._env = environment(
            **{
                "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
                "EMAIL_FILE_PATH": str(mails),
                **env,
            }
        )
        self._log = (mails.parent / "processes.log").open("ab")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        for name in list(self._running):
            self.kill(name)
        self._log.close()
        if value is not None:
            logger.error("what the processes wrote at the end:\n%s", Path(self._log.name).read_text()[-10_000:])

    def start(self, *names: str) -> None:
        """Start some of web, worker (or money and mail) and relay; web answers when this returns."""
        for name in names:
            self._running[name] = self.spawn(self._command(name))
        if "web" in names:
            wait_until(self._answers, what="the web process answers")

    def spawn(self, command: list[str], **env: str) -> subprocess.Popen[bytes]:
        """A process in a session of its own, so that all of it can be killed."""
        return subprocess.Popen(
            command, cwd=ROOT, env={**self._env, **env}, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def supervise(self) -> None:
        """Start again what has ended by itself, as the supervisor of a deployment does."""
        for name in [name for name, process in self._running.items() if process.poll() is not None]:
            logger.warning("%s ended by itself: %s", name, self._running[name].returncode)
            self.start(name)

    def kill(self, name: str) -> None:
        """kill -9, children too."""
        process = self._running.pop(name)
        os.killpg(process.pid, 9)
        process.wait()

    def stop(self, name: str) -> None:
        """Ask it to end (SIGTERM), and wait until it has."""
        process = self._running[name]
        process.terminate()
        process.wait(PATIENCE)
        del self._running[name]

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def _command(self, name: str) -> list[str]:
        python = sys.executable
        celery = [python, "-m", "celery", "-A", "backend", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
        worker = [*celery, "--without-gossip", "--without-mingle"]  # which a start waits a second for
        return {
            "web": [
                *(python, "-m", "granian", *WEB_SERVER, "--port", str(self.port)),
                "backend.asgi:application",
            ],
            "worker": worker,
            "money": [*worker, "--hostname", "money@%h", "--queues", MONEY],
            "mail": [*worker, "--hostname", "mail@%h", "--exclude-queues", MONEY],
            "relay": [python, "-m", "django", "relay"],
        }[name]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False


@contextmanager
def running(mails: Path, *names: str, **env: str) -> Iterator[Stack]:
    """A stack with these processes."""
    mails.mkdir(parents=True, exist_ok=True)
    with Stack(mails, **env) as stack:
        stack.start(*names)
        yield stack
