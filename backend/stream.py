"""One open event stream: what is sent to its client, and when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from django.conf import settings
from django.db import close_old_connections

from backend.bridge import Receive, Send
from schema.errors import database_is_away, log_outage
from schema.streams.events import HEARTBEAT
from schema.streams.live import Event, Live

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
        self._ended = False
        self._looked = self._written = self._clock()
        live.on_change = self._woken.set
        if live.changed:
            self._woken.set()

    def end(self) -> None:
        """Send nothing more and close."""
        self._ended = True
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
        while not self._ended:
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.STREAM_CHECK_SECONDS):
                    await self._woken.wait()
            if self._ended:
                return
            event = await self._next()
            if event:
                await self._write(event.data)
                if event.last:  # else it stays as it is: `end` may have been called meanwhile
                    self._ended = True
            elif self._clock() - self._written >= settings.STREAM_HEARTBEAT_SECONDS:
                await self._write(HEARTBEAT)

    async def _next(self) -> Event | None:
        """Look after a change, and at each heartbeat in case one was never heard of; else only check the viewer."""
        self._woken.clear()
        if not self._live.changed and self._clock() - self._looked < settings.STREAM_HEARTBEAT_SECONDS:
            return await self._in_thread(_with_fresh_connections(self._live.check))
        self._looked = self._clock()
        return await self._in_thread(_with_fresh_connections(self._live.look))

    async def _write(self, data: bytes) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
        self._written = self._clock()


def _with_fresh_connections(read: Callable[[], Event | None]) -> Callable[[], Event | None]:
    """Between requests Django drops connections that are broken or too old; here nobody else would."""

    def call() -> Event | None:
        close_old_connections()
        return read()

    return call
