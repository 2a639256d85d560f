"""Traces by OpenTelemetry, sent to the collector at OTEL_EXPORTER_OTLP_ENDPOINT. Off without it.

What is recorded and under which name the standard variables say: OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER,
OTEL_TRACES_SAMPLER_ARG. `spans` needs the packages of the extra `tracing`, this module does not.
"""

from __future__ import annotations

import logging
import os
from http import HTTPMethod

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from domains.common import tracing
from domains.common.tracing import Span

logger = logging.getLogger(__name__)

METHODS = frozenset(method.value for method in HTTPMethod)
ARRIVED = "ordergraph.arrived"  # in scope and WSGI environment of a request: when it came, in ns since 1970


def begin() -> None:
    """Record from now on, if that is wanted. Threads start with the first span, so after any fork."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not any(map(os.environ.get, endpoints)) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    try:
        from backend.spans import OpenTelemetry
    except ImportError as error:
        logger.warning("no traces: the packages of the extra `tracing` are missing", extra={"missing": error.name})
        return
    os.environ.setdefault("OTEL_SERVICE_NAME", "ordergraph")
    tracing.recorder = OpenTelemetry()


def end() -> None:
    """Send what was recorded, for a few seconds at most; nothing is recorded afterwards."""
    recorder, tracing.recorder = tracing.recorder, None
    if recorder is not None:
        recorder.end()


def method_of(request: HttpRequest) -> str:
    """As span names have it: clients may send any word."""
    return request.method if request.method in METHODS else "HTTP"


def describe(span: Span, request: HttpRequest, response: HttpResponseBase) -> None:
    """By the semantic conventions of HTTP. Addresses by their pattern: a path may hold what is nobody's business."""
    method, status = method_of(request), response.status_code
    attributes: dict[str, str | int] = {
        "http.request.method": method if method in METHODS else "_OTHER",
        "http.response.status_code": status,
        "http.response.header.x-request-id": response["X-Request-ID"],
        "url.scheme": request.scheme or "http",
    }
    route = f"/{request.resolver_match.route}" if request.resolver_match else "/"
    if route != "/":
        attributes["http.route"] = route
    span.describe(attributes, name=f"{method} {route}" if route != "/" else method)
    if status >= 500:
        span.fail(str(status))
