"""Refusals outside the GraphQL endpoint, in the form of its errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import orjson
from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from schema.errors import AWAY, HIDDEN, INTERNAL, RETRY_SECONDS, UNAVAILABLE, request_error, request_id_in

CONTENT_TYPE = "application/json; charset=utf-8"
# An id from a proxy is kept when it is one: anything else could forge log lines.
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id_from(given: str) -> str:
    """The id that a proxy gave, or a new one."""
    return given if _GIVEN_ID.fullmatch(given) else token_hex(16)


def error_body(code: str, message: str, request_id: str) -> bytes:
    """One error of the whole request."""
    return orjson.dumps({"errors": [request_error(message, code, request_id)]})


def own_headers(environment: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that Django never sees, to the request with this WSGI environment."""
    own = [(b"content-type", CONTENT_TYPE.encode()), (b"x-request-id", environment["HTTP_X_REQUEST_ID"].encode())]
    return [*own, *_cors_headers(environment)]


def _cors_headers(environment: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """What lets web applications of other origins read it, as the middleware would; none where no origin is allowed."""
    if not settings.CORS_ALLOWED_ORIGINS and not settings.CORS_ALLOWED_ORIGIN_REGEXES:
        return []
    request, response = HttpRequest(), HttpResponse()
    # Nothing is parsed here: that may be what failed.
    request.META, request.path_info = environment, environment["PATH_INFO"]
    request.method = environment["REQUEST_METHOD"]
    del response["Content-Type"]
    CorsMiddleware(lambda _: response).add_response_headers(request, response)
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]


def refusal(request: HttpRequest, status: int, message: str, code: str = "BAD_REQUEST") -> HttpResponse:
    """A complete answer with one error."""
    body = error_body(code, message, request_id_in(request))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 from a view of its own, such as a webhook: whoever sent the request repeats it."""
    response = refusal(request, 503, AWAY, UNAVAILABLE)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def explained(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Django's 405, which has no body, with one; its headers stay."""
    response.content = error_body("BAD_REQUEST", f"This address takes {response['Allow']}", request_id_in(request))
    response["Content-Type"] = CONTENT_TYPE
    response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "no-store"
    return response


def _handler(status: int, message: str, code: str = "BAD_REQUEST") -> Callable[..., HttpResponse]:
    """What Django calls to answer for an error of its own."""

    def handle(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        return refusal(request, status, message, code)

    return handle


bad_request = _handler(400, "This is not a request that can be answered")
forbidden = _handler(403, "This is not allowed", "FORBIDDEN")
not_found = _handler(404, "There is nothing at this address; the API is at /graphql")
server_error = _handler(500, HIDDEN, INTERNAL)
