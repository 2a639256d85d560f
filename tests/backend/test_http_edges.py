"""What every answer has, whichever address was asked: JSON, an id, compression and CORS where they are due."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from graphql import get_introspection_query

ORIGIN = "https://shop.example"
TRACING = ("apollographql-client-name", "apollographql-client-version", "sentry-trace", "baggage", "traceparent")


def send(method: str, path: str, data: Any = b"", **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: Any = Client().generic(method, path, data, "application/json", headers=named)
    return answer  # type: ignore[no-any-return]


def ask(query: str, **headers: str) -> HttpResponse:
    return send("POST", "/graphql", orjson.dumps({"query": query}), **headers)


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("path", "host", "status"),
    [("/nothing", "testserver", 404), ("/", "testserver", 404), ("/graphql", "evil.example", 400), ("/", "a b", 400)],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_an_unknown_address_or_host_is_refused_in_json_with_the_request_id(
    settings: LazySettings, debug: bool, path: str, host: str, status: int, method: str
) -> None:
    settings.DEBUG = debug
    response = send(method, path, Host=host)
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/json; charset=utf-8")
    if method != "HEAD":
        (error,) = orjson.loads(response.content)["errors"]
        assert error["extensions"] == {"code": "BAD_REQUEST", "requestId": response.headers["X-Request-ID"]}


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/graphql/assets/nope", 404, None),
        ("POST", "/webhooks/stripe", 404, None),
        ("POST", "/graphql/assets/nope", 405, "GET, HEAD"),
        ("GET", "/webhooks/stripe", 405, "POST"),
        ("PUT", "/sandbox/payments", 405, "GET, HEAD, POST"),
    ],
)
def test_a_refusal_of_any_other_address_is_ours_too(
    settings: LazySettings, debug: bool, method: str, path: str, status: int, allowed: str | None
) -> None:
    settings.DEBUG = debug
    response = send(method, path)
    assert (response.status_code, response.headers.get("Allow")) == (status, allowed)
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Content-Length"] == str(len(response.content))
    (error,) = orjson.loads(response.content)["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST", "requestId": response.headers["X-Request-ID"]}


def test_a_large_answer_is_compressed_for_those_who_take_it() -> None:
    whole, packed = ask(get_introspection_query()), ask(get_introspection_query(), Accept_Encoding="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.content) == whole.content
    assert len(packed.content) < len(whole.content) / 4
    assert "Content-Encoding" not in whole.headers


def test_a_small_answer_is_not_compressed() -> None:
    assert "Content-Encoding" not in ask("{ __typename }", Accept_Encoding="gzip").headers


@pytest.fixture
def shop_is_allowed(settings: LazySettings) -> None:
    """As CORS_ALLOWED_ORIGINS=https://shop.example does."""
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    settings.MIDDLEWARE = [settings.MIDDLEWARE[0], "corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE[1:]]


def preflight(path: str, origin: str) -> HttpResponse:
    asked = "authorization,content-type"
    return send(
        "OPTIONS", path, Origin=origin, Access_Control_Request_Method="POST", Access_Control_Request_Headers=asked
    )


@pytest.mark.usefixtures("shop_is_allowed")
@pytest.mark.parametrize("path", ["/graphql", "/graphql/stream"])
def test_an_allowed_origin_may_send_json_with_a_token(path: str) -> None:
    answer = preflight(path, ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"authorization", "content-type", *TRACING} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.usefixtures("shop_is_allowed")
def test_an_allowed_origin_reads_the_answer_its_id_and_when_to_come_back() -> None:
    answer = ask("{ __typename }", Origin=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Expose-Headers"] == "X-Request-ID, Retry-After, RateLimit, RateLimit-Policy"
    assert "origin" in answer.headers["Vary"]


@pytest.mark.usefixtures("shop_is_allowed")
@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.evil.example", "null"])
def test_any_other_origin_may_not(origin: str) -> None:
    for answer in (preflight("/graphql", origin), ask("{ __typename }", Origin=origin)):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_origin_is_allowed_unless_it_was_named() -> None:
    assert "Access-Control-Allow-Origin" not in ask("{ __typename }", Origin=ORIGIN).headers
    assert preflight("/graphql", ORIGIN).status_code == 405
