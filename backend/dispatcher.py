"""Sends requests that read event streams to `Streams` and everything else over the bridge to the WSGI application.

Probes are answered here. So is what no application gets to see: a request whose headers are too many, whose body does
not arrive, is broken or too large, or is in a coding that nobody here reads.
"""

from __future__ import annotations

import asyncio
import time

from django.conf import settings

from backend import reporting, tracing
from backend.bodies import Bodies, Refused
from backend.bridge import Bridge, Scope, send_error
from backend.calls import Header, Receive, Send
from backend.draining import drain
from backend.health import PROBES, Probes
from backend.streaming import Streams
from schema.streams.live import EVENT_STREAM

PATH = "/graphql"
STREAM_PATH = "/graphql/stream"
JSON_TYPES = frozenset({"application/json", "application/graphql-response+json", "application/*", "*/*"})
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32_768  # names and values of all of them


class Dispatcher:
    """Chooses the application for each request, and gives it the whole body."""

    def __init__(self, bridge: Bridge, streams: Streams, bodies: Bodies, probes: Probes) -> None:
        self._bridge = bridge
        self._streams = streams
        self._bodies = bodies
        self._probes = probes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif _path(scope) in PROBES:
            await self._probes(scope, _path(scope), send)
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        drain.on_signal(settings.WEB_DRAIN_SECONDS)
        self._streams.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._streams.stop()
        await self._bridge.stop()
        self._probes.stop()
        await asyncio.to_thread(reporting.end)
        await asyncio.to_thread(tracing.end)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = {**scope, tracing.ARRIVED: time.time_ns()}
        if has_too_many_headers(scope["headers"]):
            origin = [header for header in scope["headers"][:MAX_HEADERS] if header[0] == b"origin"][:1]
            message = f"The request has more than {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes of them"
            await send_error({**scope, "headers": origin}, send, 431, "BAD_REQUEST", message, (b"connection", b"close"))
            return
        try:
            with self._bodies.held() as held:
                body = await held.read(scope["headers"], receive)
                await self._forward(scope, body, receive, send)
        except Refused as refused:
            await send_error(scope, send, refused.status, refused.code, refused.message, *refused.headers)

    async def _forward(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        if is_event_stream(scope):  # at its own path, however it was chosen: there the answer is a stream
            scope = {**scope, "path": STREAM_PATH, "raw_path": STREAM_PATH.encode()}
            await self._streams(scope, body, receive, send)
        else:
            await self._bridge(scope, body, receive, send)


def has_too_many_headers(headers: list[Header]) -> bool:
    """Looked at before anything joins or decodes them, which takes time that grows with the square of their number."""
    return len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES


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
