"""A collector of traces that speaks OTLP over HTTP, and what was sent to it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

from django.db import connections
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from backend import tracing


def attributes(span: Span) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in span.attributes}


class Collector:
    """What came, as bytes and as spans by their ids."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.raw = b""
        self.spans: dict[bytes, Span] = {}
        self.hangs = threading.Event()

    def take(self, body: bytes) -> None:
        self.raw += body
        found = ExportTraceServiceRequest.FromString(body).resource_spans
        self.spans |= {s.span_id: s for resource in found for scope in resource.scope_spans for s in scope.spans}

    def named(self, name: str) -> Span:
        """The one span of this name."""
        (span,) = (span for span in self.spans.values() if span.name == name)
        return span

    def above(self, span: Span) -> list[str]:
        """The names of the spans that it is in, the innermost first."""
        names = []
        while span.parent_span_id in self.spans:
            span = self.spans[span.parent_span_id]
            names.append(span.name)
        return names


@contextmanager
def collector() -> Iterator[Collector]:
    """One that takes what is sent to its port."""

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            taker.take(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        taker = Collector(server.server_port)
        threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True).start()
        yield taker
        server.shutdown()


@contextmanager
def traced(url: str, **variables: str) -> Iterator[None]:
    """What this process does is recorded, and has been sent to the collector at the end of the block."""
    with patch.dict(os.environ, {"OTEL_EXPORTER_OTLP_ENDPOINT": url, **variables}):
        tracing.begin()
        try:
            yield
        finally:
            tracing.end()
            for database in connections.all(initialized_only=True):
                database.execute_wrappers.clear()
