"""A server of one test, to be stopped, paused and emptied."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from backend.dev.valkey import find_binary
from tests.processes import free_port, wait_until


class OwnRedis:
    """Found at the same address each time it is started, and empty."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.client = redis.Redis.from_url(self.url, socket_timeout=5)

    def start(self) -> None:
        settings = ["--bind", "127.0.0.1", "--port", str(self._port), "--save", "", "--logfile", "redis.log"]
        self._process = subprocess.Popen([find_binary(), *settings], cwd=self._folder)
        wait_until(self._answers, what="Redis answers")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self.client.close()  # else the collector of garbage finds an open socket some time later, and says so

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens at its address."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It keeps what it knows and what it is sent, and answers nobody."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False
