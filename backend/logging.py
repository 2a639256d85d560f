"""One JSON object a log line, with the id of the request that caused it."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

# What every LogRecord has; all else came through `extra` and is printed.
_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
# Objects that libraries attach; they are not values for a log line.
_UNPRINTED = frozenset({"request", "data", "exc_text"})


class JsonFormatter(logging.Formatter):
    """time (UTC), level, logger, message, request_id and the extras of the call; a traceback under `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        line |= {k: v for k, v in vars(record).items() if k not in _OWN and k not in _UNPRINTED}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # a lone surrogate or a very large number: rather slowly than not at all
            return json.dumps(line, default=str, ensure_ascii=False).encode(errors="replace").decode()
