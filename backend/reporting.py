"""Unexpected errors, reported to Sentry when SENTRY_DSN says where. Off without it.

Of what we log as an error those are an exception that nobody foresaw, wherever it was, and a message of the outbox that
died. An outage of the database is none: there would be one for each request, and alerts tell of it. A report has the
kind of the error, where in the code it was, and ids. The text of an error may quote what somebody typed: it stays in
our log, where the request id finds it.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, cast

from domains.common import tracing

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

FLUSH_SECONDS = 2.0
OURS = ("backend", "schema", "domains", "celery", "django")  # loggers, with those below them
_KEPT = frozenset(
    {"event_id", "timestamp", "level", "platform", "logger", "release", "environment", "server_name", "sdk"}
)
_OF_FRAMES = frozenset(
    {"filename", "module", "function", "lineno", "in_app", "pre_context", "context_line", "post_context"}
)
_TAGS = ("topic", "key", "message_id", "attempt")
_handlers: list[logging.Handler] = []


def begin() -> None:
    """Report from now on, if that is wanted. Raises sentry_sdk.utils.BadDsn."""
    if not os.environ.get("SENTRY_DSN"):
        return
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.logging import EventHandler

    sentry_sdk.init(
        # By hand: those for Django, Strawberry, Celery and Redis send documents, variables, arguments and commands.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(callback=lambda *_: None), DedupeIntegration()],
        max_request_body_size="never",  # `send_default_pii`, which is deprecated, is False when unset
        include_local_variables=False,
        max_breadcrumbs=0,
        before_send=_scrubbed,
        shutdown_timeout=FLUSH_SECONDS,
    )
    handler = EventHandler(logging.ERROR)
    handler.addFilter(_is_unexpected)
    logging.getLogger().addHandler(handler)
    _handlers.append(handler)


def end() -> None:
    """Send what waits to be sent, for FLUSH_SECONDS at most; nothing is reported afterwards."""
    while _handlers:
        import sentry_sdk

        logging.getLogger().removeHandler(_handlers.pop())
        sentry_sdk.get_client().close(timeout=FLUSH_SECONDS)


def _is_unexpected(record: logging.LogRecord) -> bool:
    from schema.errors import explanation  # dear to import where nothing is reported

    error = record.exc_info[1] if record.exc_info else None
    if record.name.partition(".")[0] not in OURS or explanation(error):
        return False
    return error is not None or hasattr(record, "topic")


def _scrubbed(event: Event, hint: Hint) -> Event:
    """Made anew from what is known to be harmless: nothing else gets out, whatever a library adds."""
    record: logging.LogRecord = hint["log_record"]
    tags = {name: str(getattr(record, name)) for name in _TAGS if hasattr(record, name)}
    tags |= {"request_id": tracing.origin().request_id, "trace_id": tracing.trace_id()}
    report: Any = {name: value for name, value in event.items() if name in _KEPT}
    report["logentry"] = {"message": str(record.msg)}
    report["tags"] = {name: value for name, value in tags.items() if value}
    if "exception" in event:
        report["exception"] = {"values": [_error(error) for error in event["exception"]["values"]]}
    return cast("Event", report)


def _error(error: dict[str, Any]) -> dict[str, Any]:
    """Its class, and where it was raised."""
    frames = (error.get("stacktrace") or {}).get("frames", ())
    places = [{name: value for name, value in frame.items() if name in _OF_FRAMES} for frame in frames]
    kind = {name: error.get(name) for name in ("type", "module", "mechanism")}
    return {**kind, "stacktrace": {"frames": places}}
