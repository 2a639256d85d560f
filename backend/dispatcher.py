"""Sends event streams to the ASGI application and everything else over the bridge to the WSGI one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from backend.bridge import BodyTooLarge, Bridge, ClientGone, Receive, Scope, Send, read_body, send_too_large

STREAM_PATH = "/graphql/stream"
EVENT_STREAM = "text/event-stream"
JSON_TYPES = frozenset({"application/json", "application/graphql-response+json", "application/*", "*/*"})


class Dispatcher:
    """Chooses the application for each request."""

    def __init__(self, bridge: Bridge, streams: Callable[..., Any], *, max_bytes: int) -> None:
        self._bridge = bridge
        self._streams = streams
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif is_event_stream(scope):
            await self._stream(scope, receive, send)
        else:
            await self._bridge(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._bridge.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self._bridge.stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Django would spool a body of any size to the disk: read it here, under the same limit as elsewhere."""
        try:
            body = await read_body(receive, self._max_bytes)
        except ClientGone:
            return
        except BodyTooLarge:
            await send_too_large(send, self._max_bytes)
            return
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Any:
            return messages.pop() if messages else await receive()

        await self._streams(scope, replay, send)


def is_event_stream(scope: Scope) -> bool:
    """By its path, or because the client accepts event streams and no kind of JSON."""
    if scope["path"] == STREAM_PATH:
        return True
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1").lower()
    if EVENT_STREAM not in accept:
        return False
    accepted = {_media_type(part) for part in accept.split(",")}
    return EVENT_STREAM in accepted and not accepted & JSON_TYPES


def _media_type(part: str) -> str:
    """The type of one part of an Accept header, empty when it is refused (q=0)."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    refused = any(piece.startswith("q=") and not piece[2:].strip("0.") for piece in parameters)
    return "" if refused else name
