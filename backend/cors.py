"""What lets web applications of other origins read the answers that no middleware gets to see."""

from __future__ import annotations

from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse


def cors_headers(environment: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers that the middleware would add to an answer to this request; none where no origin is allowed."""
    if not settings.CORS_ALLOWED_ORIGINS:
        return []
    request, response = HttpRequest(), HttpResponse()
    # Nothing is parsed here: that may be what failed.
    request.META, request.path_info = environment, environment["PATH_INFO"]
    request.method = environment["REQUEST_METHOD"]
    del response["Content-Type"]
    CorsMiddleware(lambda _: response).add_response_headers(request, response)
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
