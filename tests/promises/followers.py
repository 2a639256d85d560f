"""People who follow an order over a real connection."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

FOLLOW = "subscription ($id: ID!) { orderUpdated(id: $id) { id status version payment { status } } }"
TIMEOUT = 30.0  # seconds


class Follower:
    """One open stream; closed at the end of a `with` block."""

    def __init__(self, port: int, token: str, order_id: str) -> None:
        body = json.dumps({"query": FOLLOW, "variables": {"id": order_id}})
        head = [
            "POST /graphql HTTP/1.1",
            "Host: 127.0.0.1",
            "Accept: text/event-stream",
            "Content-Type: application/json",
            f"Authorization: Bearer {token}",
            f"Content-Length: {len(body)}",
        ]
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self._socket.sendall("\r\n".join([*head, "", body]).encode())
        self.text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._socket.close()

    def hears(self, text: str) -> bool:
        """Wait until this has come; False when the stream ends before, OSError when nothing comes for TIMEOUT."""
        while text not in self.text:
            piece = self._socket.recv(65_536)
            if not piece:
                return False
            self.text += piece.decode()
        return True

    def hears_the_end(self) -> bool:
        """Wait for the end of the reply; True when it ended in order, not cut off."""
        self.hears("\r\n0\r\n")
        return self.text.endswith("\r\n0\r\n\r\n")


def memory_of(pid: int) -> float:
    """MiB of real memory of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
    return own + sum(memory_of(int(child)) for child in children)
