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
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from functools import partial
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from backend.bridge import Scope, environ, send_too_busy
from backend.calls import Application, Receive, Reply, Send, hearing, reply_of, send_reply
from domains.common.background.changes import listeners
from domains.common.guard.deadline import ENVIRON_KEY, Deadline
from domains.common.tracing import request_id
from schema.errors import database_is_away, log_outage
from schema.streams.live import HEARTBEAT, Event, Live

logger = logging.getLogger(__name__)

SEND_SECONDS = 30.0  # how long a client may take to accept one event

type InThread = Callable[[Callable[[], Event | None]], Awaitable[Event | None]]


class Stream:
    """Sends the state when it has changed, and a comment when nothing was sent for a while.

    Changes that come while an event is made or sent are told by one later event: a slow client costs no memory.
    """

    def __init__(self, live: Live, in_thread: InThread, receive: Receive, send: Send) -> None:
        self._live = live
        self._in_thread = in_thread
        self._receive = receive
        self._send = send
        self._clock = asyncio.get_running_loop().time
        self._woken = asyncio.Event()
        self._ended = asyncio.Event()
        self._looked = self._written = self._clock()
        live.on_change = self._woken.set
        if live.changed:
            self._woken.set()

    def end(self) -> None:
        """Send nothing more and close."""
        self._ended.set()
        self._woken.set()

    async def run(self) -> None:
        """Until the client leaves, the last event is sent, or `end` is called."""
        departure = asyncio.ensure_future(self._receive())
        departure.add_done_callback(lambda _: self.end())
        opened = self._clock()
        try:
            await self._go_on()
        except TimeoutError:
            logger.info("a client stopped reading its stream")
        except Exception as error:  # the client connects again
            if database_is_away(error):
                log_outage(error)
            else:
                logger.exception("a stream broke off")
        finally:
            departure.cancel()
            logger.info("stream ended", extra={"duration_s": round(self._clock() - opened, 1)})

    async def _go_on(self) -> None:
        while await self._is_due():
            event = await self._next()
            if event:
                await self._write(event.data)
                if event.last:
                    self._ended.set()
            elif self._clock() - self._written >= settings.STREAM_HEARTBEAT_SECONDS:
                await self._write(HEARTBEAT)

    async def _is_due(self) -> bool:
        """Wait for a change, or for the next check; False when the stream has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._live.has_more else settings.STREAM_CHECK_SECONDS):
                await self._woken.wait()
        if rest := self._live.rest():
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._ended.wait()
        return not self._ended.is_set()

    async def _next(self) -> Event | None:
        """Look after a change; else check the viewer, and at each heartbeat whether a change was never heard of."""
        self._woken.clear()
        due = self._clock() - self._looked >= settings.STREAM_HEARTBEAT_SECONDS
        if due or self._live.changed:
            self._looked = self._clock()
        look = self._live.look if self._live.changed else partial(self._live.check, versions=due)
        return await self._in_thread(look)

    async def _write(self, data: bytes) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
        self._written = self._clock()


class Streams:
    """An ASGI application for requests that read event streams; at most `limit` are open at a time.

    `threads` open them and answer what is no stream, and `slow` more, because that may be slow work, too. As many as
    `threads` execute the events.
    """

    def __init__(self, application: Application, *, threads: int, limit: int, slow: int = 0) -> None:
        self._application = application
        self._openers = ThreadPoolExecutor(threads + slow, thread_name_prefix="stream-opener")
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="stream")
        self._limit = limit
        self._accepted = 0  # changed on the event loop alone, as all below
        self._open: set[Stream] = set()
        self._stopping = False
        self._listening: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._open)

    def start(self) -> None:
        """Hear of changes from now on."""
        self._listening = asyncio.ensure_future(listeners.listen())
        _on_signal(self.end)

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
            deadline = Deadline()
            environment = environ(scope, body) | {ENVIRON_KEY: deadline}
            with hearing(receive, left=deadline.abandon):
                reply = await self._opened(environment)
            with closing(reply) as opened:
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

    async def _in_thread(self, read: Callable[[], Event | None]) -> Event | None:
        """In a thread for events, with the context of this task."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, _refreshed, read)


def _refreshed(read: Callable[[], Event | None]) -> Event | None:
    """Between requests Django drops connections that are broken or too old; here nobody else would."""
    close_old_connections()
    return read()


def _close_opened(opening: Future[Reply]) -> None:
    if not opening.cancelled():
        opening.result().close()


def _on_signal(end: Callable[[], None]) -> None:
    """Call `end` when the server is told to stop, by SIGINT; what SIGTERM does before is `backend.draining`.

    The server tells an application of its end only after the last connection has closed, and a stream never closes by
    itself. asyncio, which the server uses, is told of signals through a file descriptor and not by this handler.
    """
    loop = asyncio.get_running_loop()
    with suppress(ValueError):  # not the main thread: no signals arrive there
        signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(end))
