"""Keeps event streams on the event loop.

A stream is opened by the WSGI application, like any request: host check, headers, authentication, limits and the log
line are the same. What it answers then stays open here, without a thread or a database connection of its own: the
events of all streams are executed by a few threads. Others open streams, and answer the queries and mutations that
come this way: those may wait for a payment provider.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from backend.bridge import Headers, Receive, Scope, Send, send_error
from backend.logging import request_id
from backend.stream import Stream
from backend.wsgi_environ import environ
from domains.common.background.changes import listeners
from schema.streams.live import Live
from schema.streams.response import EventStreamResponse

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """What the WSGI application answered; `live` when there is more to come."""

    status: int
    headers: Headers
    body: bytes
    live: Live | None

    @property
    def request_id(self) -> str | None:
        return next((value.decode() for name, value in self.headers if name == b"x-request-id"), None)

    def close(self) -> None:
        if self.live is not None:
            self.live.close()


class Streams:
    """An ASGI application for requests that read event streams; at most `limit` are open at a time.

    `threads` open them and answer what is no stream, as many others execute the events.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], *, threads: int, limit: int) -> None:
        self._application = application
        self._openers = ThreadPoolExecutor(threads, thread_name_prefix="stream-opener")
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="stream")
        self._limit = limit
        self._accepted = 0  # changed on the event loop alone, as all below
        self._open: set[Stream] = set()
        self._stopping = False
        self._listening: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Hear of changes from now on."""
        self._listening = asyncio.ensure_future(listeners.listen())
        _on_signals(self.end)

    def end(self) -> None:
        """Close all streams and take no more. They are not called complete: clients connect again, elsewhere."""
        self._stopping = True
        for stream in self._open:
            stream.end()

    async def stop(self) -> None:
        """End, and wait for the threads."""
        self.end()
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        await asyncio.to_thread(self._openers.shutdown)
        await asyncio.to_thread(self._pool.shutdown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        if self._stopping or self._accepted >= self._limit:
            message = "Too many streams are open here. Try again in a moment."
            await send_error(scope, send, 503, "SERVICE_UNAVAILABLE", message, (b"retry-after", b"1"))
            return
        self._accepted += 1
        try:
            with closing(await self._opened(environ(scope, body))) as opened:
                await send({"type": "http.response.start", "status": opened.status, "headers": opened.headers})
                await send({"type": "http.response.body", "body": opened.body, "more_body": opened.live is not None})
                if opened.live is not None:
                    request_id.set(opened.request_id)
                    await self._keep(Stream(opened.live, self._in_thread, receive, send))
                    await send({"type": "http.response.body", "body": b""})
        finally:
            self._accepted -= 1

    async def _keep(self, stream: Stream) -> None:
        self._open.add(stream)
        try:
            if not self._stopping:
                await stream.run()
        finally:
            self._open.discard(stream)

    async def _opened(self, environment: dict[str, Any]) -> Opened:
        opening = self._openers.submit(copy_context().run, self._open_one, environment)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:  # the thread goes on, and nobody takes what it opens
            opening.add_done_callback(_close_opened)
            raise

    async def _in_thread[R](self, function: Callable[[], R]) -> R:
        """In a thread for events, with the context of this task."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, function)

    def _open_one(self, environment: dict[str, Any]) -> Opened:
        started: list[Any] = []
        result = self._application(environment, lambda status, headers, *_: started.extend((status, headers)))
        try:
            body = b"".join(result)
            live = result.take() if isinstance(result, EventStreamResponse) else None
        finally:
            getattr(result, "close", lambda: None)()
        status, headers = started
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return Opened(int(status[:3]), encoded, body, live)


def _close_opened(opening: Future[Opened]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _on_signals(end: Callable[[], None]) -> None:
    """Call `end` when the server is told to stop.

    The server tells an application of its end only after the last connection has closed, and a stream never closes by
    itself. asyncio, which the server uses, is told of signals through a file descriptor and not by these handlers.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError):  # not the main thread: no signals arrive there
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))
