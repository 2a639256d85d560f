"""Which request caused the work at hand: its id, which is in every log line, and the spans of its trace.

Both go along with what is left for later, as an `Origin`. What `backend.tracing` puts into `recorder` records the
spans; without it a span costs a comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

type Attributes = Mapping[str, str | int]

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class Kind(Enum):
    """What OpenTelemetry calls a span's kind. Those of SERVER and CONSUMER may begin a trace."""

    INTERNAL = auto()
    SERVER = auto()
    CLIENT = auto()
    PRODUCER = auto()
    CONSUMER = auto()


class Span(Protocol):
    """One that is recorded. No value of a request or a row may get into it, and no text of an error."""

    def describe(self, attributes: Attributes, *, name: str = "") -> None:
        """More attributes, and another name."""

    def fail(self, kind: str) -> None:
        """It ended in an error of this kind."""


class Recorder(Protocol):
    """Who records spans."""

    def span(
        self, name: str, kind: Kind, attributes: Attributes, began: int | None
    ) -> AbstractContextManager[Span | None]:
        """The current span within the block; None when it is not recorded."""

    def within(self, traceparent: str) -> AbstractContextManager[object]:
        """The block belongs to the trace of this W3C `traceparent`, unless it belongs to one already."""

    def traceparent(self) -> str:
        """Of the current span; empty without one."""

    def trace_id(self) -> str:
        """Of the trace that is recorded now; empty when none is."""

    def end(self) -> None:
        """Record nothing more, and send what was recorded, for a few seconds at most."""


class Origin(NamedTuple):
    """Where work comes from: the id of a request, and the W3C `traceparent` of a span. Empty when unknown."""

    request_id: str = ""
    traceparent: str = ""


recorder: Recorder | None = None
_NOTHING = nullcontext()


def span(
    name: str, kind: Kind, attributes: Attributes, *, began: int | None = None
) -> AbstractContextManager[Span | None]:
    """Around work that is to be seen in a trace, with what the OpenTelemetry semantic conventions have of it.

    `began` is nanoseconds since 1970, where the work began before the block.
    """
    return _NOTHING if recorder is None else recorder.span(name, kind, attributes, began)


def messaging(system: str, operation: str, destination: str) -> dict[str, str | int]:
    """What the semantic conventions of messaging ask of a span; `operation` is create, send or process."""
    return {
        "messaging.system": system,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": destination,
    }


def trace_id() -> str:
    """Of the trace that is recorded now; empty when none is."""
    return "" if recorder is None else recorder.trace_id()


def origin() -> Origin:
    """Of what is left for later now."""
    return Origin(request_id.get() or "", "" if recorder is None else recorder.traceparent())


class caused_by:  # noqa: N801  # a block, as `contextlib` writes them; its decorator costs more at each request
    """The log lines and spans within belong to this origin."""

    __slots__ = ("_cause", "_token", "_within")

    def __init__(self, cause: Origin) -> None:
        self._cause = cause

    def __enter__(self) -> None:
        self._token = request_id.set(self._cause.request_id or None)
        self._within = _NOTHING if recorder is None else recorder.within(self._cause.traceparent)
        self._within.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._within.__exit__(*error)
        request_id.reset(self._token)
