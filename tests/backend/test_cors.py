"""Web applications of an allowed origin read the refusals that Django never sees, and no other origin does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from pytest_django import Settings

from backend.bodies import Bodies
from backend.bridge import Bridge
from backend.dispatcher import MAX_HEADER_BYTES, MAX_HEADERS, Dispatcher
from backend.health import Probes
from backend.streaming import Streams

ORIGIN = "https://shop.example"
TOO_LARGE = b"x" * 11


def broken(environment: dict[str, Any], start_response: object) -> Iterable[bytes]:
    raise ValueError


def refused(
    path: str, body: bytes, origin: str, *, max_waiting: int, type_: bytes = b"application/json", **more: bytes
) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer of the server itself."""
    sent: list[dict[str, Any]] = []
    bridge = Bridge(broken, threads=1, max_waiting=max_waiting)
    server = Dispatcher(bridge, Streams(broken, threads=1, limit=0), Bodies(max_bytes=10, seconds=9), Probes())
    headers = [(b"host", b"testserver"), (b"origin", origin.encode()), (b"content-type", type_)]
    headers += [(name.replace("_", "-").encode(), value) for name, value in more.items()]
    request = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def scenario() -> None:
        await server({**request, "http_version": "1.1", "scheme": "http", "headers": headers}, receive, send)
        await bridge.stop()

    asyncio.run(scenario())
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize(
    ("path", "body", "max_waiting", "status"),
    [
        ("/graphql", TOO_LARGE, 0, 413),
        ("/graphql", b"", -1, 503),
        ("/graphql", b"", 0, 500),
        ("/graphql/stream", TOO_LARGE, 0, 413),
        ("/graphql/stream", b"", 0, 503),
    ],
)
def test_an_allowed_origin_reads_what_the_server_itself_refuses(
    settings: Settings, path: str, body: bytes, max_waiting: int, status: int
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    given, headers = refused(path, body, ORIGIN, max_waiting=max_waiting)
    assert (given, headers["access-control-allow-origin"], headers["vary"]) == (status, ORIGIN, "origin")
    assert headers["access-control-expose-headers"] == "X-Request-ID, Retry-After, RateLimit, RateLimit-Policy"
    given, headers = refused(path, body, "https://evil.example", max_waiting=max_waiting)
    assert (given, headers["vary"]) == (status, "origin")
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("max_waiting", [-1, 0])
def test_what_cannot_be_read_of_a_request_keeps_no_answer_from_being_sent(settings: Settings, max_waiting: int) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    odd = b"application/json; x*=foo''bar"
    given, headers = refused("/graphql", b"", ORIGIN, max_waiting=max_waiting, type_=odd)
    assert (given, headers["access-control-allow-origin"]) == (500 if max_waiting == 0 else 503, ORIGIN)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({f"x_{number}": b"a" for number in range(MAX_HEADERS)}, 431),
        ({"x": b"a" * MAX_HEADER_BYTES}, 431),
        ({"content_encoding": b"gzip"}, 415),
        ({"content_encoding": b"br"}, 415),
        ({"transfer_encoding": b"gzip, chunked"}, 415),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/stream", "/webhooks/stripe"])
def test_too_many_headers_and_codings_that_nobody_reads_are_refused(
    settings: Settings, path: str, headers: dict[str, bytes], status: int
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    given, answered = refused(path, b"", ORIGIN, max_waiting=0, **headers)
    assert given == status
    assert answered.get("access-control-allow-origin") == (None if path.startswith("/webhooks") else ORIGIN)
    assert ("accept-encoding" in answered) == (status == 415)


def test_nothing_is_said_of_origins_where_none_is_allowed() -> None:
    _, headers = refused("/graphql", TOO_LARGE, ORIGIN, max_waiting=0)
    assert not {"access-control-allow-origin", "vary"} & headers.keys()
