"""A small WSGI application behind the bridge, served by a real server in `test_bridge.py`."""

from __future__ import annotations

import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from backend.bodies import Bodies
from backend.bridge import Bridge
from backend.dispatcher import Dispatcher
from backend.health import Probes
from backend.streaming import Streams
from domains.common.guard import computing, deadline
from domains.common.guard.bulkhead import Bulkhead
from domains.common.guard.computing import ELSEWHERE_KEY, Elsewhere
from domains.common.guard.deadline import ENVIRON_KEY, Stopped

THREADS, MAX_WAITING, MAX_BYTES, HELD_BODIES, BODY_SECONDS = 4, 2, 100_000, 3, 2.0
SLOW_WORK = Bulkhead(threads=2, mark=b"slow work")
PATIENCE = 20  # seconds until a wait that should have ended fails the test

logging.basicConfig(level=logging.INFO)
meeting = threading.Barrier(THREADS)
events: defaultdict[str, threading.Event] = defaultdict(threading.Event)


def _meet(_environ: dict[str, Any], _name: str) -> str:
    """Returns only when every thread of the bridge is in here at the same time."""
    return f"met {meeting.wait(PATIENCE)}"[:3]


def _hold(_environ: dict[str, Any], name: str) -> str:
    events[f"{name} started"].set()
    events[f"{name} released"].wait(PATIENCE)
    events[f"{name} finished"].set()
    return "held"


def _until_left(environ: dict[str, Any], name: str) -> str:
    """Until the deadline hears that the client has left."""
    events[f"{name} started"].set()
    with suppress(Stopped), environ[ENVIRON_KEY].within(600):
        while True:
            deadline.check()
            events["never"].wait(0.01)
    events[f"{name} finished"].set()
    return "left"


def _heavy(environ: dict[str, Any], name: str) -> str:
    """Reads its body and goes where heavy requests belong."""
    body: str = environ["wsgi.input"].read().decode()
    if ELSEWHERE_KEY in environ:
        raise Elsewhere
    _hold(environ, name)
    return body


def _await_event(_environ: dict[str, Any], name: str) -> str:
    return str(events[name].wait(PATIENCE))


def _set_event(_environ: dict[str, Any], name: str) -> str:
    events[name].set()
    return "set"


def _quick(_environ: dict[str, Any], _name: str) -> str:
    return str(computing.quick.count)


def _echo(environ: dict[str, Any], _name: str) -> str:
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    return json.dumps({**seen, "body": environ["wsgi.input"].read().decode("latin-1")})


def _fail(_environ: dict[str, Any], _name: str) -> str:
    raise ValueError("an internal secret")


class Long:
    """80 parts of 65,536 bytes, then an error when asked for; its closing sets an event."""

    def __init__(self, name: str, *, fails: bool) -> None:
        self._name = name
        self._fails = fails

    def __iter__(self) -> Iterator[bytes]:
        for number in range(80):
            yield bytes([number]) * 65_536
        if self._fails:
            raise ValueError("half-way")

    def close(self) -> None:
        events[f"{self._name} closed"].set()


ROUTES: dict[str, Callable[[dict[str, Any], str], str]] = {
    "/meet": _meet,
    "/hold": _hold,
    "/until-left": _until_left,
    "/heavy": _heavy,
    "/await": _await_event,
    "/set": _set_event,
    "/fail": _fail,
    "/quick": _quick,
}


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    name = parse_qs(environ["QUERY_STRING"]).get("name", [""])[0]
    if path in ("/long", "/long-failing"):
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return Long(name, fails=path == "/long-failing")
    reply = ROUTES.get(path, _echo)(environ, name).encode()
    start_response("201 Created", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [reply[:2], reply[2:]]


class Echo(Streams):
    """Sets the event that its query names, even when no thread is free; answers with the body."""

    def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def __call__(self, scope: Any, body: bytes, receive: Any, send: Any) -> None:
        events[parse_qs(scope["query_string"].decode()).get("name", [""])[0]].set()
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"event: next\ndata: " + body + b"\n\n"})


application = Dispatcher(
    Bridge(wsgi, threads=THREADS, max_waiting=MAX_WAITING, bulkheads=[SLOW_WORK]),
    Echo(wsgi, threads=1, limit=1),
    Bodies(max_bytes=MAX_BYTES, seconds=BODY_SECONDS, held_bytes=HELD_BODIES * MAX_BYTES),
    Probes(),
)
