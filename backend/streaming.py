"""Keeps event streams on the event loop.

A stream is opened by the WSGI application, like any request: host check, headers, authentication, limits and the log
line are the same. What it answers then stays open here, without a thread or a database connection of its own: the
events of all streams are executed by a few threads. Others open streams, and answer the queries and mutations that
come this way: those may wait for a service elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from typing import Any

from backend.bridge import Application, Receive, Reply, Scope, Send, reply_of, send_reply, send_too_busy
from backend.logging import request_id
from backend.stream import Stream
from backend.wsgi_environ import environ
from domains.common.background.changes import listeners

logger = logging.getLogger(__name__)


class Streams:
    """An ASGI application for requests that read event streams; at most `limit` are open at a time.

    `threads` open them and answer what is no stream, as many others execute the events.
    """

    def __init__(self, application: Application, *, threads: int, limit: int) -> None:
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

    async def __call__(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        if self._stopping or self._accepted >= self._limit:
            await send_too_busy(scope, send, "Too many streams are open here. Try again in a moment.")
            return
        self._accepted += 1
        try:
            environment = environ(scope, body)
            with closing(await self._opened(environment)) as opened:
                await send_reply(send, opened)
                if opened.live is not None:
                    request_id.set(environment["HTTP_X_REQUEST_ID"])
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

    async def _opened(self, environment: dict[str, Any]) -> Reply:
        opening = self._openers.submit(copy_context().run, reply_of, self._application, environment)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:  # the thread goes on, and nobody takes what it opens
            opening.add_done_callback(_close_opened)
            raise

    async def _in_thread[R](self, function: Callable[[], R]) -> R:
        """In a thread for events, with the context of this task."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, function)


def _close_opened(opening: Future[Reply]) -> None:
    if not opening.cancelled():
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
