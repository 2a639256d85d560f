"""Streams on the event loop: what is slow to open holds up no other, and what nobody takes is closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from backend.streaming import Streams
from domains.common.guard import deadline
from domains.common.guard.deadline import ENVIRON_KEY, Stopped
from domains.common.viewer import ANONYMOUS
from schema.streams.live import EventStreamResponse, Live

PATIENCE = 10.0  # seconds


class Shop:
    """A WSGI application that opens a stream at any path; what is asked for /held waits for `released`."""

    def __init__(self) -> None:
        self.held, self.released = threading.Event(), threading.Event()
        self.closed: list[str] = []
        self.lives: dict[str, Live] = {}

    def __call__(self, environment: dict[str, Any], start_response: Callable[..., Any]) -> EventStreamResponse:
        path = environment["PATH_INFO"]
        if path == "/held":
            self.held.set()
            assert self.released.wait(PATIENCE)
        if path == "/until-left":
            self.held.set()
            with suppress(Stopped), environment[ENVIRON_KEY].within(600):
                while not self.released.wait(0.01):
                    deadline.check()
        start_response("200 OK", [])
        self.lives[path] = Live(
            ANONYMOUS,
            operation=path,
            authenticate=lambda: ANONYMOUS,
            run=lambda viewer: {"data": {"path": path}},
            refusal=lambda error: {},
            on_close=lambda: self.closed.append(path),
        )
        return EventStreamResponse(b"first", self.lives[path])


class Client:
    """Asks for one path and stays."""

    def __init__(self, streams: Streams, path: str) -> None:
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {"method": "GET", "raw_path": path.encode(), "query_string": b"", "http_version": "1.1"}
        asked = streams({**scope, "scheme": "http", "headers": []}, b"", asyncio.Event().wait, self._received.put)
        self.task = asyncio.ensure_future(asked)

    async def next(self) -> bytes:
        message = await asyncio.wait_for(self._received.get(), PATIENCE)
        body: bytes = message.get("body") or await self.next()
        return body


def test_events_are_sent_while_other_requests_wait_for_somebody_else() -> None:
    shop = Shop()

    async def scenario() -> None:
        streams = Streams(shop, threads=1, limit=2)
        follower = Client(streams, "/followed")
        assert await follower.next() == b"first"
        slow = Client(streams, "/held")
        assert await asyncio.to_thread(shop.held.wait, PATIENCE)
        followed = shop.lives["/followed"]
        followed.changed = True
        followed.on_change()
        assert b"/followed" in await follower.next()
        shop.released.set()
        streams.end()
        await asyncio.gather(follower.task, slow.task)
        await streams.stop()

    asyncio.run(scenario())


def test_a_stream_whose_client_left_while_it_was_opened_is_closed() -> None:
    shop = Shop()

    async def scenario() -> None:
        streams = Streams(shop, threads=1, limit=1)
        client = Client(streams, "/held")
        assert await asyncio.to_thread(shop.held.wait, PATIENCE)
        client.task.cancel()
        await asyncio.wait([client.task])
        assert client.task.cancelled()
        shop.released.set()
        await streams.stop()  # waits for the thread

    asyncio.run(scenario())
    assert shop.closed == ["/held"]


def test_a_query_that_is_answered_as_a_stream_hears_that_its_client_has_left() -> None:
    shop = Shop()

    async def scenario() -> None:
        streams = Streams(shop, threads=1, limit=1)
        scope = {"method": "GET", "raw_path": b"/until-left", "query_string": b"", "http_version": "1.1"}
        gone = asyncio.Event()

        async def receive() -> dict[str, str]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            pass

        asked = asyncio.ensure_future(streams({**scope, "scheme": "http", "headers": []}, b"", receive, send))
        assert await asyncio.to_thread(shop.held.wait, PATIENCE)
        gone.set()
        await asyncio.wait_for(asked, PATIENCE)
        await streams.stop()

    asyncio.run(scenario())
    assert shop.closed == ["/until-left"]
