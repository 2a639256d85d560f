"""Runs a WSGI application under an ASGI server, on a few threads that live as long as the process.

Each thread keeps its database connection, which an event loop that starts a thread per request cannot. One that comes
for slow work waits on the event loop for its turn in the bulkhead of that work, so that such requests never hold all
threads. A request that still waits for a thread when its client leaves is never begun; one that was begun runs to its
end, but a query reads nothing more then.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Sequence
from contextlib import closing, nullcontext
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from backend.calls import Application, Call, Header, Receive, Reply, Send, Threads, hearing, send_reply
from backend.metrics import REFUSED
from backend.replies import error_body, own_headers, request_id_from
from backend.tracing import ARRIVED
from domains.common.errors import ServiceUnavailableError
from domains.common.guard import computing
from domains.common.guard.bulkhead import Bulkhead
from domains.common.guard.computing import Elsewhere

logger = logging.getLogger(__name__)

Scope = dict[str, Any]

MAX_WAITING = 1_000  # requests without a thread; the next one is refused
MAX_DEAR = 500  # heavy ones among them
DEAR_WAIT_SECONDS = 5.0  # until one of them is refused that was not begun


def environ(scope: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The WSGI environment of an ASGI request: bytes are tunnelled as latin-1, repeated headers joined.

    HTTP_X_REQUEST_ID is always set: the application's log, its reply and ours agree on it.
    """
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    path = unquote_to_bytes(scope["raw_path"]).decode("latin-1")
    script = scope.get("root_path", "").encode().decode("latin-1")
    values: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": script,
        # Whole in ASGI, but a proxy may have taken the prefix off before.
        "PATH_INFO": path.removeprefix(script) if path.startswith(f"{script}/") else path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if (arrived := scope.get(ARRIVED)) is not None:
        values[ARRIVED] = arrived
    for name, value in scope["headers"]:
        _add_header(values, name, value.decode("latin-1"))
    values["HTTP_X_REQUEST_ID"] = request_id_from(values.get("HTTP_X_REQUEST_ID", ""))
    return values


@lru_cache(maxsize=1_000)  # of headers: all clients send the same few
def _key(name: bytes) -> str | None:
    """What WSGI calls a header; None of one that it is not told of."""
    # X_Request_ID and X-Request-ID would become the same name: the first kind could pass for one a proxy has set.
    if b"_" in name or name == b"content-length":
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


def _add_header(values: dict[str, Any], name: bytes, value: str) -> None:
    if (key := _key(name)) is None:
        return
    if key in values:
        separator = "; " if key == "HTTP_COOKIE" else ","
        value = f"{values[key]}{separator}{value}"
    values[key] = value


async def send_error(scope: Scope, send: Send, status: int, code: str, message: str, *headers: Header) -> None:
    """A complete reply with one GraphQL error, for a request that no application gets to see."""
    environment = environ(scope, b"")
    identifier = environment["HTTP_X_REQUEST_ID"]
    extra = {"status": status, "request_id": identifier, "path": scope["path"], "reason": message}
    logger.warning("request refused", extra=extra)
    REFUSED.labels(str(status)).inc()
    body = error_body(code, message, identifier) if scope["method"] != "HEAD" else b""
    await send_reply(send, Reply(status, [*own_headers(environment), *headers], body))


async def send_too_busy(scope: Scope, send: Send, message: str) -> None:
    """503 for a request that finds no room; the client may try again after a second."""
    await send_error(scope, send, 503, "SERVICE_UNAVAILABLE", message, (b"retry-after", b"1"))


class Bridge:
    """Answers each request with what the WSGI application replies; 503 when too many wait for a thread."""

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        max_waiting: int = MAX_WAITING,
        bulkheads: Sequence[Bulkhead] = (),
        dear_threads: int = 1,
        dear_seconds: float = DEAR_WAIT_SECONDS,
    ) -> None:
        self._application = application
        self._bulkheads = bulkheads
        self._pool, self._dear_pool = self.pools = Threads("web", threads), Threads("dear", dear_threads)
        self._dear_seconds = dear_seconds
        self._dear = 0  # as `_accepted`, of those that belong there
        self._max_accepted = threads + max_waiting
        self._accepted = 0  # running or waiting; changed on the event loop alone

    async def stop(self) -> None:
        """Wait until every accepted request is answered and the threads have ended."""
        for pool in (self._pool, self._dear_pool):
            await asyncio.to_thread(pool.shutdown)

    async def __call__(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        bulkhead = next((each for each in self._bulkheads if each.mark in body), None)
        try:
            async with bulkhead.turn() if bulkhead else nullcontext():
                await self._run(scope, body, receive, send)
        except ServiceUnavailableError:
            await send_too_busy(scope, send, "Too many requests are waiting; try again in a moment")

    async def _run(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """On a thread. Raises ServiceUnavailableError, without running it, when too many wait for one."""
        if self._accepted >= self._max_accepted:
            raise ServiceUnavailableError
        self._accepted += 1
        try:
            call = Call(self._application, environ(scope, body))
            with hearing(receive, left=call.leave):
                try:
                    reply = await self._run_quick(call)
                except Elsewhere:
                    reply = await self._run_dear(call)
            with closing(reply):
                await send_reply(send, reply)
        except asyncio.CancelledError:
            if not call.was_left:  # else nobody is there to be answered
                raise
        finally:
            self._accepted -= 1

    async def _run_quick(self, call: Call) -> Reply:
        """Raises Elsewhere when it turns out to be heavy."""
        computing.quick.begin()
        try:
            return await call.on(self._pool)
        finally:
            computing.quick.end()

    async def _run_dear(self, call: Call) -> Reply:
        """On a thread for heavy work. Raises ServiceUnavailableError when too many wait, or it for too long."""
        if self._dear >= MAX_DEAR:
            raise ServiceUnavailableError
        self._dear += 1
        timer = asyncio.get_running_loop().call_later(self._dear_seconds, call.give_up)
        try:
            return await call.on(self._dear_pool)
        except asyncio.CancelledError:
            if call.was_given_up:
                raise ServiceUnavailableError from None
            raise
        finally:
            timer.cancel()
            self._dear -= 1
