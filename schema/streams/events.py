"""The bytes of an event stream. Lines end in LF: clients split at two of them."""

from __future__ import annotations

from typing import Any

import orjson

EVENT_STREAM = "text/event-stream"
COMPLETE = b"event: complete\ndata:\n\n"
HEARTBEAT = b":\n\n"  # a comment: it keeps proxies from closing a quiet connection


def next_event(result: dict[str, Any]) -> bytes:
    """One execution result."""
    return b"event: next\ndata: " + orjson.dumps(result) + b"\n\n"
