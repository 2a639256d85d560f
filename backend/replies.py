"""Refusals outside the GraphQL endpoint, in the form of its errors."""

from __future__ import annotations

import re
from uuid import uuid4

import orjson
from django.http import HttpRequest, HttpResponse

from schema.errors import HIDDEN, INTERNAL, request_error

CONTENT_TYPE = "application/json; charset=utf-8"
# An id from a proxy is kept when it is one: anything else could forge log lines.
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id_from(given: str) -> str:
    """The id that a proxy gave, or a new one."""
    return given if _GIVEN_ID.fullmatch(given) else uuid4().hex


def error_body(code: str, message: str, request_id: str) -> bytes:
    """One error of the whole request."""
    return orjson.dumps({"errors": [request_error(message, code, request_id)]})


def refusal(request: HttpRequest, status: int, message: str, code: str = "BAD_REQUEST") -> HttpResponse:
    """A complete answer with one error."""
    body = error_body(code, message, getattr(request, "request_id", ""))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 400, "This is not a request that can be answered")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 403, "This is not allowed", "FORBIDDEN")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 404, "There is nothing at this address; the API is at /graphql")


def server_error(request: HttpRequest) -> HttpResponse:
    return refusal(request, 500, HIDDEN, INTERNAL)
