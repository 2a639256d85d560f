"""A charset named in a Content-Type cannot make the server fail."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.test import RequestFactory

from backend.wsgi import application

CHARSETS = ["hex", "undefined", "idna", "utf-16", "no-such-charset", "utf-8; x*=foo''bar"]


def call(method: str, charset: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
    """What the WSGI application itself makes of it: the test client would build its own request."""
    environ = RequestFactory().generic(method, "/graphql", body).environ
    environ |= {
        "CONTENT_TYPE": f"application/json; charset={charset}",
        "QUERY_STRING": "query=%7B__typename%7D",
        "HTTP_ACCEPT": "application/json",
    }
    response: Any = application.get_response(application.request_class(environ))
    return response.status_code, orjson.loads(response.content)


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_query_by_get_is_read_as_utf_8(charset: str) -> None:
    status, answer = call("GET", charset)
    assert (status, answer["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_body_in_another_charset_is_refused_in_json(charset: str) -> None:
    status, answer = call("POST", charset, b'{"query": "{ __typename }"}')
    assert (status, answer["errors"][0]["extensions"]["code"]) == (415, "BAD_REQUEST")
