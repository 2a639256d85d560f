"""A client of event streams, in process: the dispatcher on an event loop of its own, without a socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

import orjson
from django.conf import settings
from django.db import connections

from backend.bodies import Bodies
from backend.bridge import Bridge
from backend.dispatcher import Dispatcher
from backend.health import Probes
from backend.streaming import Streams
from backend.wsgi import application as wsgi_application
from tests.schema.wire import without_throttle

PATIENCE = 20.0  # seconds
STREAM = "/graphql/stream"


class Connection:
    """One request and what comes back."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: Queue[dict[str, Any]] = Queue()
        self._left = asyncio.Event()
        self._text = b""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.retry: int | None = None  # milliseconds
        self.ended = False

    def begin(self, application: Dispatcher, scope: dict[str, Any], body: bytes) -> None:
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not waiting:
                await self._left.wait()
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            self._messages.put(message)

        asyncio.run_coroutine_threadsafe(application(scope, receive, send), self._loop)
        start = self._message()
        self.status = start["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}

    def next(self) -> dict[str, Any]:
        """The result in the next `next` event; fails when another event comes or the stream ends."""
        kind, data = self.event()
        assert kind == "next", kind
        return without_throttle(orjson.loads(data))

    def event(self) -> tuple[str, str]:
        """Kind and data of the next event; comments and the end of the stream are kinds, too."""
        while b"\n\n" not in self._text:
            if self.ended:
                return "end", self._text.decode()
            self._read()
        text, _, self._text = self._text.partition(b"\n\n")
        lines = dict(line.split(":", 1) for line in text.decode().split("\n"))
        self.retry = int(lines["retry"]) if "retry" in lines else self.retry
        return ("comment", "") if "" in lines else (lines["event"].strip(), lines["data"].strip())

    def kinds(self) -> list[str]:
        """What else comes, to the end of the stream."""
        kinds = [self.event()[0]]
        while kinds[-1] != "end":
            kinds.append(self.event()[0])
        return kinds

    def refusal(self) -> str:
        """The code of the one error that is the last event."""
        result = self.next()
        assert not result.get("data")
        (error,) = result["errors"]
        assert error["extensions"]["requestId"] == self.headers["x-request-id"]
        assert self.kinds() == ["complete", "end"]
        return str(error["extensions"]["code"])

    def json(self) -> dict[str, Any]:
        while not self.ended:
            self._read()
        answer: dict[str, Any] = orjson.loads(self._text)
        return answer

    def leave(self) -> None:
        """Close the connection."""
        self._loop.call_soon_threadsafe(self._left.set)
        while not self.ended:
            self._read()

    def _read(self) -> None:
        message = self._message()
        self._text += message.get("body", b"")
        self.ended = not message.get("more_body", False)

    def _message(self) -> dict[str, Any]:
        try:
            return self._messages.get(timeout=PATIENCE)
        except Empty:
            raise AssertionError(f"nothing came within {PATIENCE} s") from None


class Wire:
    """The server's side of a process, for one test."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: int) -> None:
        self.loop = loop
        # One thread of each kind: they are easily told to give their database connections back.
        self.streams = Streams(wsgi_application, threads=1, limit=limit)
        bridge = Bridge(wsgi_application, threads=1)
        bodies = Bodies(max_bytes=settings.REQUEST_MAX_BYTES, seconds=PATIENCE)
        self._application = Dispatcher(bridge, self.streams, bodies, Probes())

    def start(self) -> None:
        self.loop.call_soon_threadsafe(self.streams.start)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.streams.end)  # or a stream would open the connection again
        for pool in (self.streams._openers, self.streams._pool):
            pool.submit(connections.close_all).result(PATIENCE)
        self.run(self.streams.stop())

    def run[T](self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    def post(
        self, query: str, variables: dict[str, Any] | None = None, *, token: str | None = None, path: str = STREAM
    ) -> Connection:
        return self.send("POST", orjson.dumps({"query": query, "variables": variables}), token=token, path=path)

    def send(
        self, method: str, body: bytes = b"", *, token: str | None = None, path: str = STREAM, query_string: str = ""
    ) -> Connection:
        headers = {"host": "testserver", "accept": "text/event-stream", "content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "http_version": "1.1",
            "query_string": query_string.encode(),
            "scheme": "http",
            "client": ("127.0.0.1", 4321),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        connection = Connection(self.loop)
        connection.begin(self._application, scope, body)
        return connection


@contextmanager
def wire(*, limit: int = 100) -> Iterator[Wire]:
    """A process that answers, for as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Wire(loop, limit=limit)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
