"""What lets web applications of other origins read the answers that no middleware gets to see."""

from __future__ import annotations

from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse


def cors_headers(environment: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers that the middleware would add to an answer to this request; none where no origin is allowed."""
    if not settings.CORS_ALLOWED_ORIGINS:
        return []
    response = HttpResponse()
    del response["Content-Type"]
    CorsMiddleware(lambda _: response).add_response_headers(WSGIRequest(environment), response)
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
