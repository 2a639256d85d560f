"""Refusals outside the GraphQL endpoint, in the form of its errors."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from backend.cors import cors_headers
from schema.errors import HIDDEN, INTERNAL, request_error, request_id_in

CONTENT_TYPE = "application/json; charset=utf-8"
# An id from a proxy is kept when it is one: anything else could forge log lines.
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id_from(given: str) -> str:
    """The id that a proxy gave, or a new one."""
    return given if _GIVEN_ID.fullmatch(given) else uuid4().hex


def error_body(code: str, message: str, request_id: str) -> bytes:
    """One error of the whole request."""
    return orjson.dumps({"errors": [request_error(message, code, request_id)]})


def own_headers(environment: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that Django never sees, to the request with this WSGI environment."""
    own = [(b"content-type", CONTENT_TYPE.encode()), (b"x-request-id", environment["HTTP_X_REQUEST_ID"].encode())]
    return [*own, *cors_headers(environment)]


def refusal(request: HttpRequest, status: int, message: str, code: str = "BAD_REQUEST") -> HttpResponse:
    """A complete answer with one error."""
    body = error_body(code, message, request_id_in(request))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 400, "This is not a request that can be answered")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 403, "This is not allowed", "FORBIDDEN")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 404, "There is nothing at this address; the API is at /graphql")


def explained(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Django's 405, which has no body, with one; its headers stay."""
    response.content = error_body("BAD_REQUEST", f"This address takes {response['Allow']}", request_id_in(request))
    response["Content-Type"] = CONTENT_TYPE
    response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "no-store"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    return refusal(request, 500, HIDDEN, INTERNAL)
