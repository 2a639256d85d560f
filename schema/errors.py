"""Top-level errors: each has `extensions.code` and `requestId`; nothing internal leaves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest
from graphql import GraphQLError

from domains.common.data.transactions import LOCK_NOT_AVAILABLE, NO_WRITES, QUERY_CANCELED
from domains.common.errors import RequestError
from domains.common.graphql.scalars import SafeError
from schema import redaction

logger = logging.getLogger(__name__)

INTERNAL = "INTERNAL_SERVER_ERROR"
TOO_COMPLEX = "QUERY_TOO_COMPLEX"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
HIDDEN = "Something went wrong on our side; tell us the requestId"
AWAY = "The service cannot reach its database; try again in a moment"
SLOW = "The database took too long to answer; try again in a moment"
TOO_SLOW = "The database took too long to read this, {} ms are allowed. Ask for less at once, or filter more narrowly"
RETRY_SECONDS = 2
# Connection exceptions; too many connections, no memory, a full disk; that it shuts down, crashed or starts.
_AWAY = ("08", "53", "57P")


class RequestProblem(Exception):
    """The HTTP request holds no GraphQL request that is carried out.

    `lenient`: it is well-formed, and only what it asks for is refused: 200 under application/json, as the
    specification has it.
    """

    def __init__(self, message: str, *, status: int = 400, code: str = "BAD_REQUEST", lenient: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.lenient = lenient


def request_id_in(request: HttpRequest) -> str:
    """What the middleware called the request."""
    return str(getattr(request, "request_id", ""))


def request_error(message: str, code: str, request_id: str, **told: int) -> dict[str, Any]:
    """An error of the whole request; what is told besides goes to its extensions."""
    return {"message": message, "extensions": {**told, **_extensions(code, request_id)}}


def formatted(error: GraphQLError, code: str, request_id: str) -> dict[str, Any]:
    """An error found by parsing or validating, with its locations."""
    ours = isinstance(error.original_error, RequestError)
    answer: dict[str, Any] = {**error.formatted, "message": error.message if ours else redaction.message(error)}
    extensions = error.extensions if ours or isinstance(error, SafeError) else None
    answer["extensions"] = {**(extensions or {}), **_extensions(code, request_id)}
    return answer


def _extensions(code: str, request_id: str) -> dict[str, str]:
    return {"code": code, "requestId": request_id}


def execution_errors(found: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """All errors of one execution; an outage is logged once, however many fields it hit."""
    outage = next((e.original_error for e in found if explanation(e.original_error)), None)
    if outage is not None:
        log_outage(outage)
    return [execution_error(error, request_id) for error in found]


def log_outage(error: BaseException) -> None:
    """Without a traceback when it is away: that would say where we were, and not why. With one when it was slow."""
    if database_is_away(error):
        logger.error("database away", extra={"error": type(error).__name__})
    else:
        logger.error("a statement ran out of time", exc_info=error)


def execution_error(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """An error of execution: ours are told as they are, the unexpected is logged and hidden."""
    cause = error.original_error
    if isinstance(cause, RequestError):
        return formatted(error, cause.code, request_id)
    # graphql-core's own: arguments that do not fit. Those of a field that point nowhere in the document are of another
    # kind: a value of ours that its type cannot represent.
    if cause is None or (isinstance(cause, GraphQLError) and (cause.nodes or not error.path)):
        return formatted(_unfit(error), "BAD_USER_INPUT", request_id)
    if took_too_long(cause):
        return formatted(_too_slow(error), TOO_COMPLEX, request_id)
    if told_of_outage := explanation(cause):
        return formatted(SafeError(told_of_outage, nodes=error.nodes, path=error.path), UNAVAILABLE, request_id)
    logger.error("unexpected error", exc_info=cause, extra={"field": ".".join(map(str, error.path or []))})
    hidden = SafeError(HIDDEN, nodes=error.nodes, path=error.path)
    return formatted(hidden, INTERNAL, request_id)


def _too_slow(error: GraphQLError) -> GraphQLError:
    """A read whose statement ran into the limit. Mutations say so themselves, or have a longer one."""
    allowed = round(settings.DATABASE_READ_SECONDS * 1000)
    measure = {"limit": "milliseconds", "measured": allowed, "allowed": allowed}
    return SafeError(TOO_SLOW.format(allowed), nodes=error.nodes, path=error.path, extensions=measure)


def _unfit(error: GraphQLError) -> GraphQLError:
    cause = error.original_error if isinstance(error.original_error, GraphQLError) else error
    text = cause.message if isinstance(cause, SafeError) else redaction.UNFIT
    return SafeError(text, nodes=error.nodes, path=error.path)


def explanation(error: BaseException | None) -> str | None:
    """What a client is told of a database that does not serve it now; None when the statement itself went wrong."""
    if database_is_away(error):
        return AWAY
    return SLOW if _state(error) in (QUERY_CANCELED, LOCK_NOT_AVAILABLE) else None


def database_is_away(error: BaseException | None) -> bool:
    """Whether it could not be reached, left, or takes no writes. Running into a timeout or a lock is another matter."""
    cause = _cause(error)
    if isinstance(cause, psycopg.InterfaceError) or getattr(cause, "sqlstate", None) in NO_WRITES:
        return True  # the connection was closed meanwhile, or is to the wrong server
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_AWAY)


def took_too_long(error: BaseException | None) -> bool:
    """Whether a statement ran into its limit."""
    return _state(error) == QUERY_CANCELED


def _state(error: BaseException | None) -> str | None:
    return getattr(_cause(error), "sqlstate", None)


def _cause(error: BaseException | None) -> BaseException | None:
    return error.__cause__ if isinstance(error, DatabaseError) else error


def retry_after(body: dict[str, Any]) -> int:
    """Seconds until what was refused may be tried again, for the header of that name; 0 when nothing was."""
    told = [error["extensions"] for error in body.get("errors", ())]
    waits = [RETRY_SECONDS if one["code"] == UNAVAILABLE else one.get("retryAfterSeconds", 0) for one in told]
    return max(waits, default=0)
