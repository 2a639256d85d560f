"""One JSON object a log line, with the id of the request that caused it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from domains.common import tracing

# Of what Python adds to each record no line shows these, and they take half of its time: "Optimization" in its HOWTO.
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging.logAsyncioTasks = False  # type: ignore[attr-defined]

# What every LogRecord has; all else came through `extra` and is printed.
_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
# Objects that libraries attach; they are not values for a log line.
_UNPRINTED = frozenset({"request", "data", "exc_text"})
# What PostgreSQL says of the row that a statement failed on: "DETAIL:  Key (email)=(ada@example.com) already exists."
_ABOUT_ROWS = re.compile(r"\n(DETAIL|CONTEXT|QUERY): .*", re.DOTALL)
_DATA_EXCEPTIONS = "22"  # the class of SQLSTATEs whose very first line quotes the value


class JsonFormatter(logging.Formatter):
    """time (UTC), level, logger, message, request_id, trace_id, and the extras; a traceback under `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_rows(record.getMessage()),
        }
        if (current := tracing.request_id.get()) is not None:
            line["request_id"] = current
        if trace := tracing.trace_id():
            line["trace_id"] = trace
        line |= {
            k: without_rows(v) if isinstance(v, str) else v
            for k, v in vars(record).items()
            if k not in _OWN and k not in _UNPRINTED
        }
        if record.exc_info:
            line["exception"] = _without_values(self.formatException(record.exc_info), record.exc_info[1])
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # a lone surrogate or a very large number: rather slowly than not at all
            return json.dumps(line, default=str, ensure_ascii=False).encode(errors="replace").decode()


def without_rows(text: str) -> str:
    """A message of the database without the lines that quote rows."""
    return _ABOUT_ROWS.sub("", text) if "\n" in text else text


def _without_values(traceback: str, error: BaseException | None) -> str:
    """The traceback, each error of the database in it cut down to what it says of the statement."""
    for cause in _chain(error):
        sqlstate = getattr(cause, "sqlstate", None) or getattr(cause.__cause__, "sqlstate", None) or ""
        told = without_rows(str(cause))
        if sqlstate.startswith(_DATA_EXCEPTIONS):
            told = told.partition(":")[0].partition('"')[0]
        if told != str(cause):
            traceback = traceback.replace(str(cause), told)
    return traceback


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if cause is not None and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, *getattr(cause, "exceptions", ())]
