"""Runs a WSGI application under an ASGI server, on a few threads that live as long as the process.

Each thread keeps its database connection, which an event loop that starts a thread per request cannot. A request that
reached the application runs to its end whether or not its client is still there. One that comes for slow work waits on
the event loop for its turn in the bulkhead of that work, so that such requests never hold all threads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any

from backend.logging import request_id
from backend.replies import error_body, own_headers
from backend.wsgi_environ import environ
from domains.common.errors import ServiceUnavailableError
from domains.common.guard.bulkhead import Bulkhead
from schema.errors import HIDDEN, INTERNAL
from schema.streams.live import Live
from schema.streams.response import EventStreamResponse

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]
Header = tuple[bytes, bytes]
Headers = list[Header]
Application = Callable[..., Iterable[bytes]]

MAX_WAITING = 1_000  # requests without a thread; the next one is refused
DRAIN_FACTOR = 8  # a body of up to this many times the limit is read to its end, so that its sender reads our answer


class ClientGone(Exception):
    """The client left before its request was complete."""


class BodyTooLarge(Exception):
    """The request's body exceeds the limit."""


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """The whole request body. Raises BodyTooLarge beyond ``max_bytes`` and ClientGone on a disconnect half-way."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size <= max_bytes:
            parts.append(part)
        elif size > max_bytes * DRAIN_FACTOR:
            raise BodyTooLarge
        if not message.get("more_body", False):
            if size > max_bytes:
                raise BodyTooLarge
            return b"".join(parts)


async def send_error(scope: Scope, send: Send, status: int, code: str, message: str, *headers: Header) -> None:
    """A complete reply with one GraphQL error, for a request that no application gets to see."""
    environment = environ(scope, b"")
    identifier = environment["HTTP_X_REQUEST_ID"]
    logger.warning("request refused", extra={"status": status, "request_id": identifier, "path": scope["path"]})
    body = error_body(code, message, identifier) if scope["method"] != "HEAD" else b""
    await send_reply(send, Reply(status, [*own_headers(environment), *headers], body))


async def send_too_large(scope: Scope, send: Send, max_bytes: int) -> None:
    """413 for a body beyond ``max_bytes``; what was not read of it ends the connection."""
    message = f"The request body is larger than {max_bytes} bytes"
    await send_error(scope, send, 413, "BAD_REQUEST", message, (b"connection", b"close"))


async def send_too_busy(scope: Scope, send: Send, message: str) -> None:
    """503 for a request that finds no room; the client may try again after a second."""
    await send_error(scope, send, 503, "SERVICE_UNAVAILABLE", message, (b"retry-after", b"1"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What an application answers; `live` when it is an event stream, which whoever takes the reply closes."""

    status: int
    headers: Headers
    body: bytes
    live: Live | None = None

    def close(self) -> None:
        """End the event stream, if it is one."""
        if self.live is not None:
            self.live.close()


async def send_reply(send: Send, reply: Reply) -> None:
    """The reply, or of an event stream its beginning."""
    headers = reply.headers
    if reply.live is None and not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": reply.live is not None})


def reply_of(application: Application, environment: dict[str, Any]) -> Reply:
    """Call the application. Never raises: a failure is logged, and the reply tells nothing of it."""
    try:
        return _called(application, environment)
    except BaseException:  # a thread of the pool survives whatever a view does
        identifier = environment["HTTP_X_REQUEST_ID"]
        token = request_id.set(identifier)
        logger.exception("The application failed.")
        request_id.reset(token)
        return Reply(500, own_headers(environment), error_body(INTERNAL, HIDDEN, identifier))


def _called(application: Application, environment: dict[str, Any]) -> Reply:
    started: list[Any] = []
    result = application(environment, lambda status, headers, *_: started.extend((status, headers)))
    try:
        body = b"".join(result)
        live = result.take() if isinstance(result, EventStreamResponse) else None
    finally:
        getattr(result, "close", lambda: None)()  # Django gives the thread's resources back here
    status, headers = started
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return Reply(int(status[:3]), encoded, body, live)


class Bridge:
    """Answers each request with what the WSGI application replies; 503 when too many wait for a thread."""

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        max_waiting: int = MAX_WAITING,
        bulkheads: Sequence[Bulkhead] = (),
    ) -> None:
        self._application = application
        self._bulkheads = bulkheads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._max_accepted = threads + max_waiting
        self._accepted = 0  # running or waiting; changed on the event loop alone

    async def stop(self) -> None:
        """Wait until every accepted request is answered and the threads have ended."""
        await asyncio.to_thread(self._pool.shutdown)

    async def __call__(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        bulkhead = next((each for each in self._bulkheads if each.mark in body), None)
        try:
            async with bulkhead.turn() if bulkhead else nullcontext():
                await self._run(scope, body, send)
        except ServiceUnavailableError:
            await send_too_busy(scope, send, "Too many requests are waiting; try again in a moment")

    async def _run(self, scope: Scope, body: bytes, send: Send) -> None:
        """On a thread. Raises ServiceUnavailableError, without running it, when too many wait for one."""
        if self._accepted >= self._max_accepted:
            raise ServiceUnavailableError
        self._accepted += 1
        try:
            called = self._pool.submit(reply_of, self._application, environ(scope, body))
            with closing(await asyncio.wrap_future(called)) as reply:
                await send_reply(send, reply)
        finally:
            self._accepted -= 1
