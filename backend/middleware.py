"""Gives each request an id and logs how it went."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db import connection
from django.http import HttpRequest, HttpResponse

from backend.logging import request_id

logger = logging.getLogger(__name__)

# An id from a proxy is kept when it is one: anything else could forge log lines.
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = frozenset({"/healthz", "/readyz"})


class RequestMiddleware:
    """Sets `request.request_id`, answers it as X-Request-ID, and logs operation, status, duration and SQL count."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        identifier = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
        request.request_id = identifier  # type: ignore[attr-defined]
        token = request_id.set(identifier)
        sql = StatementCounter()
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(sql):
                response = self.get_response(request)
            response["X-Request-ID"] = identifier
            if request.path not in _QUIET:
                self._log(request, response, time.perf_counter() - started, sql.count)
        finally:
            request_id.reset(token)
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float, statements: int) -> None:
        extra = {
            "method": request.method,
            "path": request.path,  # never the query string: it may carry what a client should not have put there
            "operation": getattr(request, "graphql_operation", None),
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
