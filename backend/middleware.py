"""Gives each request an id and the client's address, and logs how it went."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed

from backend.client_address import client_address as believed_address
from backend.logging import request_id
from backend.replies import explained, not_found, refusal, request_id_from
from domains.common.viewer import client_address

logger = logging.getLogger(__name__)

_QUIET = frozenset({"/healthz", "/readyz"})
MAX_LOGGED_NAME = 100  # clients choose the names of operations


class RequestMiddleware:
    """Sets `request.request_id`, answers it as X-Request-ID, and logs operation, status, duration and SQL count.

    REMOTE_ADDR is from here on the client's address, as far as it can be believed. What Django would tell with a page
    of its own, or with none, is told in JSON, in development as in production.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = request_id_from(request.headers.get("X-Request-ID", ""))
        request.request_id = identifier  # type: ignore[attr-defined]
        token = request_id.set(identifier)
        request.META["REMOTE_ADDR"] = believed_address(request.META)
        address = client_address.set(request.META["REMOTE_ADDR"] or None)
        sql = StatementCounter()
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(sql):
                response = self._response(request)
            response["X-Request-ID"] = identifier
            if request.path not in _QUIET:
                self._log(request, response, time.perf_counter() - started, sql.count)
        finally:
            client_address.reset(address)
            request_id.reset(token)
        return response

    def _response(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            return refusal(request, 400, "This service does not answer for the host that the request names")
        response = self.get_response(request)
        return explained(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return not_found(request) if isinstance(error, Http404) else None

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float, statements: int) -> None:
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
