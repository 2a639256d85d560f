"""Sends requests that read event streams to `Streams` and everything else over the bridge to the WSGI application."""

from __future__ import annotations

from backend.bridge import Bridge, Receive, Scope, Send, send_error
from backend.streaming import Streams
from schema.streams.live import EVENT_STREAM

PATH = "/graphql"
STREAM_PATH = "/graphql/stream"
JSON_TYPES = frozenset({"application/json", "application/graphql-response+json", "application/*", "*/*"})
DRAIN_FACTOR = 8  # a body of up to this many times the limit is read to its end, so that its sender reads our answer


class Dispatcher:
    """Chooses the application for each request, and gives it the whole body."""

    def __init__(self, bridge: Bridge, streams: Streams, *, max_bytes: int) -> None:
        self._bridge = bridge
        self._streams = streams
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._streams.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._streams.stop()
        await self._bridge.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, self._max_bytes)
        if body is None:  # the client has left
            return
        if len(body) > self._max_bytes:  # what was not read of it ends the connection
            message = f"The request body is larger than {self._max_bytes} bytes"
            await send_error(scope, send, 413, "BAD_REQUEST", message, (b"connection", b"close"))
        elif is_event_stream(scope):  # at its own path, however it was chosen: there the answer is a stream
            scope = {**scope, "path": STREAM_PATH, "raw_path": STREAM_PATH.encode()}
            await self._streams(scope, body, receive, send)
        else:
            await self._bridge(scope, body, receive, send)


async def read_body(receive: Receive, max_bytes: int) -> bytes | None:
    """The whole request body, or None on a disconnect half-way.

    Of one beyond `max_bytes` some bytes more than that, the rest being read and forgotten, within reason.
    """
    body = bytearray()
    size = 0
    more = True
    while more and size <= max_bytes * DRAIN_FACTOR:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if len(body) <= max_bytes:
            body += part
        more = message.get("more_body", False)
    return bytes(body)


def is_event_stream(scope: Scope) -> bool:
    """By its path, or because the client accepts event streams and no kind of JSON."""
    path = _path(scope)
    if path != PATH:
        return path == STREAM_PATH
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1").lower()
    if EVENT_STREAM not in accept:
        return False
    accepted = {_media_type(part) for part in accept.split(",")}
    return EVENT_STREAM in accepted and not accepted & JSON_TYPES


def _path(scope: Scope) -> str:
    """Without the prefix that the application is mounted on; a proxy may have taken it off before."""
    path: str = scope["path"]
    prefix = scope.get("root_path", "")
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def _media_type(part: str) -> str:
    """The type of one part of an Accept header, empty when it is refused (q=0)."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    refused = any(piece.startswith("q=") and not piece[2:].strip("0.") for piece in parameters)
    return "" if refused else name
