"""Telling a database that is away, or too slow, from a statement that went wrong."""

from __future__ import annotations

import psycopg
from django.db import Error as DatabaseError

from domains.common.data.transactions import QUERY_CANCELED

AWAY = "The service cannot reach its database; try again in a moment"
SLOW = "The database took too long to answer; try again in a moment"
RETRY_SECONDS = 2
# admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections; class 08 are connection exceptions.
_STATES = frozenset({"57P01", "57P02", "57P03", "53300"})


def explanation(error: BaseException | None) -> str | None:
    """What a client is told of a database that does not serve it now; None when the statement itself went wrong."""
    if database_is_away(error):
        return AWAY
    return SLOW if getattr(_cause(error), "sqlstate", None) == QUERY_CANCELED else None


def database_is_away(error: BaseException | None) -> bool:
    """Whether it could not be reached, or left. Statements that ran into a timeout or a lock are another matter."""
    cause = _cause(error)
    if isinstance(cause, psycopg.InterfaceError):
        return True  # the connection was closed meanwhile
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate in _STATES or cause.sqlstate.startswith("08")


def _cause(error: BaseException | None) -> BaseException | None:
    return error.__cause__ if isinstance(error, DatabaseError) else error
