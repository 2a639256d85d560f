"""Gives each request an id and the client's address, logs how it went, and compresses large answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from backend import tracing
from backend.metrics import count
from backend.replies import explained, not_found, refusal, request_id_from, unavailable
from domains.common.errors import ServiceUnavailableError
from domains.common.tracing import Kind, Origin, Span, caused_by, span
from domains.common.viewer import client_address
from schema.errors import database_is_away

logger = logging.getLogger(__name__)

MIN_BYTES = 1_400  # what fits into one packet gains nothing
MAX_LOGGED_NAME = 100  # clients choose the names of operations


class RequestMiddleware:
    """Sets `request.request_id`, answers it as X-Request-ID, and logs operation, status, duration and SQL count.

    REMOTE_ADDR is from here on the client's address, as far as it can be believed. What Django would tell with a page
    of its own, or with none, is told in JSON, in development as in production.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = request_id_from(request.META.get("HTTP_X_REQUEST_ID", ""))
        request.request_id = identifier  # type: ignore[attr-defined]
        request.META["REMOTE_ADDR"] = believed_address(request.META)
        address = client_address.set(request.META["REMOTE_ADDR"] or None)
        sql = StatementCounter()
        started = time.perf_counter()
        try:
            with caused_by(Origin(identifier, request.META.get("HTTP_TRACEPARENT", ""))), self._span(request) as span:
                with connection.execute_wrapper(sql):
                    response = self._response(request)
                response["X-Request-ID"] = identifier
                if not response.streaming:
                    response.headers.setdefault("Content-Length", str(len(response.content)))
                self._log(request, response, time.perf_counter() - started, sql.count)
                if span:
                    tracing.describe(span, request, response)
        finally:
            client_address.reset(address)
        return response

    def _span(self, request: HttpRequest) -> AbstractContextManager[Span | None]:
        return span(tracing.method_of(request), Kind.SERVER, {}, began=request.META.get(tracing.ARRIVED))

    def _response(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            return refusal(request, 400, "This service does not answer for the host that the request names")
        response = self.get_response(request)
        return explained(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Http404):
            return not_found(request)
        return unavailable(request) if isinstance(error, ServiceUnavailableError) or database_is_away(error) else None

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float, statements: int) -> None:
        count(request, response, seconds)
        extra = {
            "method": request.method,
            "path": request.path,  # never the query string: it may carry what a client should not have put there
            "operation": (getattr(request, "graphql_operation", None) or "")[:MAX_LOGGED_NAME] or None,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 2),
            "sql": statements,
        }
        logger.info("request", extra=extra)


class StatementCounter:
    """Counts the SQL statements of one request on the default connection."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.count += 1
        return execute(*args)


class CompressionMiddleware(GZipMiddleware):
    """gzip for complete answers that are large. Event streams are left alone: their events must not wait for more.

    What a compressed length could give away (BREACH) is not within reach: no cookie signs anybody in, so another site
    cannot have answers made with its own text in them; and Django adds a random number of bytes besides.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or len(getattr(response, "content", b"")) < MIN_BYTES:
            return response
        return super().process_response(request, response)


def believed_address(meta: Mapping[str, str]) -> str:
    """The client's IPv4 or IPv6 address; empty when the server knows none (a Unix socket without a proxy).

    Behind TRUSTED_PROXIES proxies, each of which appends who spoke to it to X-Forwarded-For, it is that many entries
    from the right: what stands further left was sent by the client, who may have made it up. An entry that is missing
    or no address tells that the request did not come through the proxies.
    """
    peer = _address(meta.get("REMOTE_ADDR", ""))
    hops = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 1 <= settings.TRUSTED_PROXIES <= len(hops):
        return peer
    return _address(hops[-settings.TRUSTED_PROXIES].strip()) or peer


@lru_cache(maxsize=4_096)  # asked at every request
def _address(text: str) -> str:
    """In the usual spelling: a client has one address however it is written."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return "" if address.scope_id else str(address.ipv4_mapped or address)
    return str(address)
