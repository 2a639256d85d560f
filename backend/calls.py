"""One request on its way through the WSGI application, on a thread, while the event loop watches its client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from backend.draining import drain
from backend.replies import error_body, own_headers
from domains.common.guard.computing import ELSEWHERE_KEY, Elsewhere
from domains.common.guard.deadline import ENVIRON_KEY, Deadline
from domains.common.tracing import request_id
from schema.errors import HIDDEN, INTERNAL
from schema.streams.live import EventStreamResponse, Live

logger = logging.getLogger(__name__)

Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]
Header = tuple[bytes, bytes]
Application = Callable[..., Iterable[bytes]]

HEARING_AFTER = 0.1  # seconds of a request until its client is watched: most are over by then, and watching costs


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
    headers = [*reply.headers, (b"connection", b"close")] if drain.active else reply.headers
    if reply.live is None and not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": reply.live is not None})


def reply_of(application: Application, environment: dict[str, Any]) -> Reply:
    """Call the application. Raises Elsewhere alone: a failure is logged, and the reply tells nothing of it."""
    try:
        return _called(application, environment)
    except Elsewhere:
        raise
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


class Threads(ThreadPoolExecutor):
    """Threads that know how many calls are in their hands."""

    def __init__(self, name: str, threads: int) -> None:
        super().__init__(threads, thread_name_prefix=name)
        self.name = name
        self.threads = threads
        self.calls = 0  # running or waiting; changed on the event loop alone

    @property
    def busy(self) -> int:
        return min(self.calls, self.threads)

    @property
    def waiting(self) -> int:
        return max(0, self.calls - self.threads)


class Call:
    """One request on its way through the application."""

    def __init__(self, application: Application, environment: dict[str, Any]) -> None:
        self._deadline = Deadline()
        self._application = application
        self._environment = {**environment, ENVIRON_KEY: self._deadline, ELSEWHERE_KEY: True}
        self._called: Future[Reply] | None = None
        self.was_left = self.was_given_up = False  # before it was begun

    async def on(self, pool: Threads) -> Reply:
        """The reply. Raises Elsewhere, the first time alone, and CancelledError when it ended before it was begun."""
        self._environment["wsgi.input"].seek(0)
        self._called = pool.submit(reply_of, self._application, dict(self._environment))
        self._environment.pop(ELSEWHERE_KEY, None)
        pool.calls += 1
        try:
            return await asyncio.wrap_future(self._called)
        finally:
            pool.calls -= 1

    def give_up(self) -> None:
        """It has waited for too long, unless it was begun."""
        self.was_given_up = self._ended()

    def leave(self) -> None:
        """The client has left."""
        self.was_left = self._ended()
        self._deadline.abandon()

    def _ended(self) -> bool:
        """Whether it was waiting for a thread until now."""
        return self._called is not None and not self._called.done() and self._called.cancel()


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
