"""Spans by OpenTelemetry's SDK. Imported only where traces are wanted: its packages are an extra.

Below a request that is not sampled a span costs a look at the context. No text of an error is recorded, its kind
alone; of SQL the statement, where its values are bound to placeholders.
"""

from __future__ import annotations

import atexit
import os
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

from django.db import connections
from django.db.backends.signals import connection_created
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domains.common.guard.computing import Elsewhere
from domains.common.tracing import Attributes, Kind, Span

FLUSH_SECONDS = 3.0  # at the end of a process; what a collector has not taken by then is lost
_BEGINS = frozenset({Kind.SERVER, Kind.CONSUMER})
_NOTHING = nullcontext()
_W3C = TraceContextTextMapPropagator()
_WORDS = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE)\b|\b(?:FROM|INTO|UPDATE)\s+\"?([a-z_]+)", re.IGNORECASE)


class OpenTelemetry:
    """The recorder of a process. Its threads are started by the first span."""

    def __init__(self) -> None:
        self._sender: _Sender | None = None
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)
        connection_created.connect(self._watch)
        for database in connections.all(initialized_only=True):
            self._watch(database)

    def span(
        self, name: str, kind: Kind, attributes: Attributes, began: int | None = None
    ) -> AbstractContextManager[Span | None]:
        """See `tracing.Recorder`."""
        around = _current()
        if not around.trace_flags.sampled and (kind not in _BEGINS or (around.is_valid and not around.is_remote)):
            return _NOTHING
        tracer = (self._sender or self._started()).tracer
        return _Entered(tracer.start_span(name, kind=SpanKind[kind.name], attributes=attributes, start_time=began))

    def within(self, traceparent: str) -> AbstractContextManager[object]:
        """See `tracing.Recorder`."""
        if not traceparent or _current().is_valid:
            return _NOTHING
        return _Attached(_W3C.extract({"traceparent": traceparent}))

    def traceparent(self) -> str:
        """See `tracing.Recorder`."""
        now = _current()
        ids = f"{trace.format_trace_id(now.trace_id)}-{trace.format_span_id(now.span_id)}"
        return f"00-{ids}-{now.trace_flags:02x}" if now.is_valid else ""

    def end(self) -> None:
        """See `tracing.Recorder`."""
        connection_created.disconnect(self._watch)
        if self._sender:
            self._sender.end()

    def _started(self) -> _Sender:
        with self._lock:
            self._sender = self._sender or _Sender()
        return self._sender

    def _forget(self) -> None:
        self._sender, self._lock = None, threading.Lock()

    def _watch(self, connection: Any, **_: Any) -> None:
        """Statements of this connection are seen. First in its list: the last one is taken out after a request."""
        if self._statement not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, self._statement)

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, about: Any) -> Any:
        if not _current().trace_flags.sampled:
            return execute(sql, params, many, about)
        with self.span(*_described(sql, params, about["connection"].settings_dict)):
            return execute(sql, params, many, about)


def _current() -> SpanContext:
    return trace.get_current_span().get_span_context()


def _described(sql: str, params: Any, database: dict[str, Any]) -> tuple[str, Kind, Attributes]:
    """A statement by the semantic conventions of databases."""
    found = [match.groups() for match in _WORDS.finditer(sql)]
    operation = next((word.upper() for word, _ in found if word), sql.split(maxsplit=1)[0].upper())
    table = next((name for _, name in found if name), "")
    summary = f"{operation} {table}".rstrip()
    attributes: dict[str, str | int] = {
        "db.system.name": "postgresql",
        "db.namespace": database["NAME"],
        "db.operation.name": operation,
        "db.query.summary": summary,
        "server.address": database["HOST"],
    }
    if params is not None:
        attributes["db.query.text"] = sql
    return summary, Kind.CLIENT, attributes


class _Attached:
    """The block has this context."""

    __slots__ = ("_context", "_token")

    def __init__(self, inner: context.Context) -> None:
        self._context = inner

    def __enter__(self) -> None:
        self._token = context.attach(self._context)

    def __exit__(self, *_: object) -> None:
        context.detach(self._token)


class _Entered:
    """A span that is the current one within the block, and ends with it."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def __enter__(self) -> Self | None:
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self if self._span.is_recording() else None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        context.detach(self._token)
        if kind is Elsewhere:  # it is begun again, and this is as if it had never been
            return
        if kind is not None:
            self.fail(getattr(error and error.__cause__, "sqlstate", None) or kind.__qualname__)
        self._span.end()

    def describe(self, attributes: Attributes, *, name: str = "") -> None:
        """See `tracing.Span`."""
        self._span.set_attributes(dict(attributes))
        if name:
            self._span.update_name(name)

    def fail(self, kind: str) -> None:
        """See `tracing.Span`."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)


class _Sender:
    """The SDK: samples, and sends from a thread of its own what was recorded."""

    def __init__(self) -> None:
        self._provider = TracerProvider(shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer = self._provider.get_tracer("ordergraph")
        # Shutting down may take as long as the collector does, and no thread can be started any more at exit.
        self._ending = threading.Event()
        self._last = threading.Thread(target=self._shut_down, name="tracing-end", daemon=True)
        self._last.start()
        atexit.register(self.end)

    def end(self) -> None:
        """Send the rest, within FLUSH_SECONDS."""
        atexit.unregister(self.end)
        self._ending.set()
        self._last.join(FLUSH_SECONDS)

    def _shut_down(self) -> None:
        self._ending.wait()
        self._provider.shutdown()
