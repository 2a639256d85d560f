"""Compresses large answers."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

MIN_BYTES = 1_400  # what fits into one packet gains nothing


class CompressionMiddleware(GZipMiddleware):
    """gzip for complete answers that are large. Event streams are left alone: their events must not wait for more.

    What a compressed length could give away (BREACH) is not within reach: no cookie signs anybody in, so another site
    cannot have answers made with its own text in them; and Django adds a random number of bytes besides.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or len(getattr(response, "content", b"")) < MIN_BYTES:
            return response
        return super().process_response(request, response)
