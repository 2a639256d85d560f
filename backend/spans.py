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
from contextvars import ContextVar
from typing import Any, Self

from django.db import connections
from django.db.backends.signals import connection_created
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domains.common.guard.computing import Elsewhere
from domains.common.tracing import Attributes, Kind, Span

FLUSH_SECONDS = 3.0  # at the end of a process; what a collector has not taken by then is lost
_BEGINS = frozenset({Kind.SERVER, Kind.CONSUMER})
_NOTHING = nullcontext()
_EMPTY = context.Context()
_W3C = TraceContextTextMapPropagator()
_OPERATION = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+\"?([a-z_]+)\b(?!\()")


class _Around:
    """A span that the block belongs to."""

    __slots__ = ("_token", "is_remote", "is_sampled", "span")

    def __init__(self, span: trace.Span) -> None:
        now = span.get_span_context()
        self.span, self.is_remote, self.is_sampled = span, now.is_remote, now.trace_flags.sampled

    def __enter__(self) -> Self | None:
        self._token = _around.set(self)
        return self if self.is_sampled else None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        _around.reset(self._token)


class _Entered(_Around):
    """One of ours, which ends with the block."""

    __slots__ = ()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        _around.reset(self._token)
        if kind is Elsewhere:  # it is begun again, and this is as if it had never been
            return
        if kind is not None:
            self.fail(getattr(error and error.__cause__, "sqlstate", None) or kind.__qualname__)
        self.span.end()

    def describe(self, attributes: Attributes, *, name: str = "") -> None:
        """See `tracing.Span`."""
        self.span.set_attributes(dict(attributes))
        if name:
            self.span.update_name(name)

    def fail(self, kind: str) -> None:
        """See `tracing.Span`."""
        self.span.set_attribute("error.type", kind)
        self.span.set_status(StatusCode.ERROR)


# OpenTelemetry's own holder of what is current costs ten times as much to look at.
_around: ContextVar[_Around | None] = ContextVar("span", default=None)


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
        around = _around.get()
        if not (around and around.is_sampled) and (kind not in _BEGINS or (around and not around.is_remote)):
            return _NOTHING
        tracer = (self._sender or self._started()).tracer
        inside = trace.set_span_in_context(around.span, _EMPTY) if around else _EMPTY
        begun = tracer.start_span(name, inside, SpanKind[kind.name], attributes, start_time=began)
        return _Entered(begun)

    def within(self, traceparent: str) -> AbstractContextManager[object]:
        """See `tracing.Recorder`."""
        if not traceparent or _around.get():
            return _NOTHING
        sent = trace.get_current_span(_W3C.extract({"traceparent": traceparent}, _EMPTY))
        return _Around(sent) if sent.get_span_context().is_valid else _NOTHING

    def traceparent(self) -> str:
        """See `tracing.Recorder`."""
        if (around := _around.get()) is None:
            return ""
        now = around.span.get_span_context()
        return f"00-{now.trace_id:032x}-{now.span_id:016x}-{now.trace_flags:02x}"

    def trace_id(self) -> str:
        """See `tracing.Recorder`."""
        around = _around.get()
        return f"{around.span.get_span_context().trace_id:032x}" if around and around.is_sampled else ""

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
        if not ((around := _around.get()) and around.is_sampled):
            return execute(sql, params, many, about)
        with self.span(*_described(sql, params, about["connection"].settings_dict)):
            return execute(sql, params, many, about)


def _described(sql: str, params: Any, database: dict[str, Any]) -> tuple[str, Kind, Attributes]:
    """A statement by the semantic conventions of databases."""
    found = _OPERATION.search(sql)
    operation = found[0] if found else sql.split(maxsplit=1)[0].upper()
    summary = " ".join([operation, *dict.fromkeys(_TABLE.findall(sql))])[:255]
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
