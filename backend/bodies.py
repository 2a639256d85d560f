"""Reading request bodies: in time, up to a size, and without all of them together filling the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from backend.calls import Header, Receive

DRAIN_FACTOR = 8  # a body of up to this many times the limit is read to its end, so that its sender reads our answer
# When the bodies of a process, unfinished ones and those of running requests, take HELD_BYTES, only small ones go on.
HELD_BYTES = 134_217_728
SMALL_BYTES = 65_536
CLOSE: Header = (b"connection", b"close")
CODINGS = {b"content-encoding": b"identity", b"transfer-encoding": b"chunked"}  # what we read, when one is named


class Refused(Exception):
    """A request that no application gets to see."""

    def __init__(self, status: int, message: str, *headers: Header, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers
        self.code = code


class Bodies:
    """Reads the bodies of one process: each at most `max_bytes` (1 or more) within `seconds`."""

    def __init__(self, *, max_bytes: int, seconds: float, held_bytes: int = HELD_BYTES) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.held_bytes = held_bytes
        self.now_held = 0  # changed on the event loop alone

    @contextmanager
    def held(self) -> Iterator[Body]:
        """A body, which counts among those of the process within the block."""
        body = Body(self)
        try:
            yield body
        finally:
            self.now_held -= len(body.content)


class Body:
    """One body, as far as it has arrived."""

    def __init__(self, bodies: Bodies) -> None:
        self.content = bytearray()
        self._bodies = bodies

    async def read(self, headers: list[Header], receive: Receive) -> bytes:
        """The whole body.

        Raises Refused when it does not arrive in time (408), breaks off or is no HTTP (400), is too large (413), is in
        a coding (415), or finds no room (503). What was not read of it ends the connection.
        """
        try:
            async with asyncio.timeout(self._bodies.seconds):
                size = await self._arrive(receive)
        except TimeoutError:
            message = f"The request body did not arrive within {self._bodies.seconds:g} seconds"
            raise Refused(408, message, CLOSE) from None
        if size > self._bodies.max_bytes:
            raise Refused(413, f"The request body is larger than {self._bodies.max_bytes} bytes", CLOSE)
        if any(name in CODINGS and value.strip().lower() not in (b"", CODINGS[name]) for name, value in headers):
            raise Refused(415, "Send the request body without a content coding", (b"accept-encoding", b"identity"))
        return bytes(self.content)

    async def _arrive(self, receive: Receive) -> int:
        """Its size; of what goes beyond the limit the bytes are forgotten, and within reason read."""
        size, more = 0, True
        while more and size <= self._bodies.max_bytes * DRAIN_FACTOR:
            message = await receive()
            if message["type"] == "http.disconnect":  # also for a broken chunk
                raise Refused(400, "The request body is broken or was broken off", CLOSE)
            part = message.get("body", b"")
            size += len(part)
            if size <= self._bodies.max_bytes:
                self._keep(part)
            more = message.get("more_body", False)
        return size

    def _keep(self, part: bytes) -> None:
        self.content += part
        self._bodies.now_held += len(part)
        if self._bodies.now_held > self._bodies.held_bytes and len(self.content) > SMALL_BYTES:
            message = "Too many large requests are under way; try again in a moment"
            raise Refused(503, message, (b"retry-after", b"1"), CLOSE, code="SERVICE_UNAVAILABLE")
