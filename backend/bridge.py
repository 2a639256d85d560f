"""Runs a WSGI application under an ASGI server, on a few threads that live as long as the process.

Each thread keeps its database connection, which an event loop that starts a thread per request cannot. A request that
reached the application runs to its end whether or not its client is still there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any

from backend.logging import request_id
from backend.replies import error_body, own_headers, request_id_from
from backend.wsgi_environ import environ
from schema.errors import HIDDEN, INTERNAL

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]
Header = tuple[bytes, bytes]
Headers = list[Header]

MAX_WAITING = 1_000  # requests without a thread; the next one is told to come back
PIECE_BYTES = 65_536  # longer replies are passed on in pieces of at least this size
PIECE_SECONDS = 30.0  # how long a client may take to accept one piece before its thread is freed
DRAIN_FACTOR = 8  # a body of up to this many times the limit is read to its end, so that its sender reads our answer


class ClientGone(Exception):
    """The client left, or stopped reading, before the reply was complete."""


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
    identifier = request_id_of(scope)
    logger.warning("request refused", extra={"status": status, "request_id": identifier, "path": scope["path"]})
    body = error_body(code, message, identifier)
    await _send_start(send, status, [*own_headers(environ(scope, b""), identifier), *headers], body)
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


async def send_too_large(scope: Scope, send: Send, max_bytes: int) -> None:
    """413 for a body beyond ``max_bytes``; what was not read of it ends the connection."""
    message = f"The request body is larger than {max_bytes} bytes"
    await send_error(scope, send, 413, "BAD_REQUEST", message, (b"connection", b"close"))


def request_id_of(scope: Scope) -> str:
    """The id that a proxy gave, or a new one."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return request_id_from(given.decode("latin-1"))


async def _send_start(send: Send, status: int, headers: Headers, body: bytes | None = None) -> None:
    if body is not None and not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})


class Bridge:
    """An ASGI application around a WSGI one. Answers 413 and 503 itself, and 500 for what the application lets pass."""

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        *,
        threads: int,
        max_bytes: int,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._max_accepted = threads + max_waiting
        self._accepted = 0  # running or waiting; changed on the event loop alone
        self._queue: SimpleQueue[Exchange | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, name=f"web-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait until every accepted request is answered and the threads have ended."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive, self._max_bytes)
        except ClientGone:
            return
        except BodyTooLarge:
            await send_too_large(scope, send, self._max_bytes)
            return
        if self._accepted >= self._max_accepted:
            message = "Too many requests are waiting; try again in a moment"
            await send_error(scope, send, 503, "SERVICE_UNAVAILABLE", message, (b"retry-after", b"1"))
            return
        # The application is told the id, so that its log, its reply and ours agree on it.
        exchange = Exchange({**environ(scope, body), "HTTP_X_REQUEST_ID": request_id_of(scope)}, receive, send)
        self._accepted += 1
        try:
            self._queue.put(exchange)
            await exchange.finish()
        finally:
            self._accepted -= 1

    def _work(self) -> None:
        while (exchange := self._queue.get()) is not None:
            exchange.run(self._application)


class Exchange:
    """One request and its reply: ``run`` on a thread, the rest on the event loop."""

    def __init__(self, environment: dict[str, Any], receive: Receive, send: Send) -> None:
        self._environ = environment
        self._receive = receive
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._last_piece: asyncio.Future[bytes] = self._loop.create_future()
        self._departure: asyncio.Future[Any] | None = None  # set with the first piece of a long reply
        self._status = 500
        self._headers: Headers = []

    async def finish(self) -> None:
        """Send the reply, or what is left of it, once the application is done."""
        try:
            body = await self._last_piece
        except ClientGone:
            return
        finally:
            if self._departure is not None:
                self._departure.cancel()
        if self._departure is None:
            await _send_start(self._send, self._status, self._headers, body)
        await self._send({"type": "http.response.body", "body": body})

    def run(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Call the application and hand its reply to the event loop. Never raises."""
        last = b""
        error: Exception | None = None
        try:
            last = self._reply(application)
        except ClientGone as gone:
            error = gone
        except BaseException as failure:  # a thread of the pool survives whatever a view does
            request_id.set(self._environ["HTTP_X_REQUEST_ID"])
            logger.exception("The application failed.")
            request_id.set(None)
            try:
                last, error = self._failed(failure)
            except Exception as second:  # the client hears an end all the same
                logger.exception("The failure could not be told.")
                error = second
        self._hand_over(last, error)

    def _hand_over(self, last: bytes, error: Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, last, error)
        except RuntimeError:
            logger.debug("A reply came after the event loop had ended.")

    def _reply(self, application: Callable[..., Iterable[bytes]]) -> bytes:
        held: list[bytes] = []
        size = 0
        result = application(self._environ, self._start_response)
        try:
            for part in result:
                if size >= PIECE_BYTES:
                    self._wait_for_piece(b"".join(held))
                    held, size = [], 0
                held.append(part)
                size += len(part)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()  # Django gives the thread's resources back here
        return b"".join(held)

    def _failed(self, failure: BaseException) -> tuple[bytes, Exception | None]:
        if self._departure is not None:
            # Half a reply is out: an error here makes the server cut the connection, so that it is not taken for whole.
            return b"", RuntimeError(f"The reply ended early: {type(failure).__name__}.")
        self._status = 500
        identifier = self._environ["HTTP_X_REQUEST_ID"]
        self._headers = own_headers(self._environ, identifier)
        return error_body(INTERNAL, HIDDEN, identifier), None

    def _settle(self, last: bytes, error: Exception | None) -> None:
        if self._last_piece.cancelled():
            return
        if error is None:
            self._last_piece.set_result(last)
        else:
            self._last_piece.set_exception(error)

    def _wait_for_piece(self, piece: bytes) -> None:
        sending = asyncio.run_coroutine_threadsafe(self._send_piece(piece), self._loop)
        try:
            sending.result(PIECE_SECONDS)
        except TimeoutError:
            sending.cancel()
            raise ClientGone from None

    async def _send_piece(self, piece: bytes) -> None:
        if self._departure is None:
            self._departure = asyncio.ensure_future(self._receive())
            await _send_start(self._send, self._status, self._headers)
        if self._departure.done():
            raise ClientGone
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self._status = int(status[:3])
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return self._write

    def _write(self, _data: bytes) -> None:
        raise NotImplementedError("Return the body: the write() of old WSGI is not offered.")
