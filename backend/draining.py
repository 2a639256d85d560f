"""The end of a web process: told to stop (SIGTERM), it serves for a while longer, and tells proxies to come no more.

A proxy keeps connections open and sends requests over them at any moment; a POST that was sent it may not send again.
So a connection must not be closed under a request. While it drains, a process is not ready, and every answer ends its
connection: all of a proxy's are used, or given up by itself, within `WEB_DRAIN_SECONDS`. Then new ones are not taken
any more, those that were taken are answered, and the server stops. SIGINT, and a second SIGTERM, skip the wait.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import signal
import socket
import struct
import sys
from contextlib import closing, suppress
from pathlib import Path

logger = logging.getLogger(__name__)

# Whoever signals all processes of a group signals this one twice: once, and by its parent.
ECHO_SECONDS = 2.0
TAKEN_SECONDS = 0.5  # in which a connection that was just made is taken, and its request read
# A filter of the kernel for a listening socket: drop what asks for a new connection, let those in the making be made.
# Load the byte of the flags; keep SYN and ACK; SYN alone: drop; else take all of it.
_SO_ATTACH_FILTER = 26
_NO_SYN = ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))


class Drain:
    """Of one process; `active` from the first SIGTERM on."""

    def __init__(self) -> None:
        self.active = False
        self._began = 0.0

    def on_signal(self, seconds: float) -> None:
        """Drain for so long on SIGTERM, instead of what the server does. Call it on the server's event loop."""
        with suppress(ValueError, RuntimeError):  # not the main thread: no signals arrive there
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._begin, seconds)

    def _begin(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        if self.active and now - self._began < ECHO_SECONDS:
            return
        if self.active or not seconds:
            _stop()
            return
        self.active, self._began = True, now
        logger.info("draining", extra={"seconds": seconds})
        asyncio.get_running_loop().call_later(seconds, self._close)

    def _close(self) -> None:
        """Closing a listening socket resets what waits in it, so that has to be empty before."""
        with suppress(OSError):
            take_no_connections()
        asyncio.get_running_loop().call_later(TAKEN_SECONDS, _stop)


def _stop() -> None:
    """The server, which has a handler of its own for SIGINT, ends in order; streams end (`backend.streaming`)."""
    signal.raise_signal(signal.SIGINT)


def take_no_connections() -> None:
    """On listening sockets of this process: who asks for one hears nothing until they are closed. On Linux alone."""
    if sys.platform != "linux":
        return
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in _NO_SYN))
    program = struct.pack("HL", len(_NO_SYN), ctypes.addressof(code))
    for descriptor in Path("/proc/self/fd").iterdir():
        with (
            suppress(OSError),
            closing(socket.fromfd(int(descriptor.name), socket.AF_INET, socket.SOCK_STREAM)) as each,
        ):
            if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                each.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


drain = Drain()
