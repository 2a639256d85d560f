"""Sends requests that read event streams to `Streams` and everything else over the bridge to the WSGI application."""

from __future__ import annotations

from typing import Protocol

from backend.bridge import BodyTooLarge, Bridge, ClientGone, Receive, Scope, Send, read_body, send_too_large

PATH = "/graphql"
STREAM_PATH = "/graphql/stream"
EVENT_STREAM = "text/event-stream"
JSON_TYPES = frozenset({"application/json", "application/graphql-response+json", "application/*", "*/*"})


class StreamApplication(Protocol):
    """Answers requests that read event streams."""

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def __call__(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None: ...


class Dispatcher:
    """Chooses the application for each request, and gives it the whole body."""

    def __init__(self, bridge: Bridge, streams: StreamApplication, *, max_bytes: int) -> None:
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
        try:
            body = await read_body(receive, self._max_bytes)
        except ClientGone:
            return
        except BodyTooLarge:
            await send_too_large(scope, send, self._max_bytes)
            return
        if is_event_stream(scope):  # at its own path, however it was chosen: there the answer is a stream
            scope = {**scope, "path": STREAM_PATH, "raw_path": STREAM_PATH.encode()}
            await self._streams(scope, body, receive, send)
        else:
            await self._bridge(scope, body, receive, send)


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
