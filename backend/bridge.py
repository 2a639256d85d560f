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
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from backend.logging import request_id
from backend.replies import error_body, own_headers, request_id_from
from domains.common.errors import ServiceUnavailableError
from domains.common.guard.bulkhead import Bulkhead
from domains.common.guard.deadline import ENVIRON_KEY, Deadline
from schema.errors import HIDDEN, INTERNAL
from schema.streams.live import EventStreamResponse, Live

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]
Header = tuple[bytes, bytes]
Application = Callable[..., Iterable[bytes]]

MAX_WAITING = 1_000  # requests without a thread; the next one is refused
HEARING_AFTER = 0.1  # seconds of a request until its client is watched: most are over by then, and watching costs


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
    body = error_body(code, message, identifier) if scope["method"] != "HEAD" else b""
    await send_reply(send, Reply(status, [*own_headers(environment), *headers], body))


async def send_too_busy(scope: Scope, send: Send, message: str) -> None:
    """503 for a request that finds no room; the client may try again after a second."""
    await send_error(scope, send, 503, "SERVICE_UNAVAILABLE", message, (b"retry-after", b"1"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What an application answers; `live` when it is an event stream, which whoever takes the reply closes."""

    status: int
    headers: list[Header]
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
                await self._run(scope, body, receive, send)
        except ServiceUnavailableError:
            await send_too_busy(scope, send, "Too many requests are waiting; try again in a moment")

    async def _run(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """On a thread. Raises ServiceUnavailableError, without running it, when too many wait for one."""
        if self._accepted >= self._max_accepted:
            raise ServiceUnavailableError
        self._accepted += 1
        try:
            deadline = Deadline()
            called = self._pool.submit(reply_of, self._application, environ(scope, body) | {ENVIRON_KEY: deadline})

            def left() -> None:
                called.cancel()
                deadline.abandon()

            with hearing(receive, left=left):
                reply = await asyncio.wrap_future(called)
            with closing(reply):
                await send_reply(send, reply)
        except asyncio.CancelledError:
            if not called.cancelled():  # else it was never begun, and nobody is there to be answered
                raise
        finally:
            self._accepted -= 1


@contextmanager
def hearing(receive: Receive, *, left: Callable[[], object]) -> Iterator[None]:
    """Call `left`, on the event loop, when the client leaves within the block and after HEARING_AFTER."""
    listening: list[asyncio.Future[Any]] = []

    def listen() -> None:
        departure = asyncio.ensure_future(receive())  # the whole body was read: nothing else is left to come
        departure.add_done_callback(lambda heard: heard.cancelled() or left())
        listening.append(departure)

    timer = asyncio.get_running_loop().call_later(HEARING_AFTER, listen)
    try:
        yield
    finally:
        timer.cancel()
        for departure in listening:
            departure.cancel()
