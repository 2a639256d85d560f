"""Short write transactions: bounded waits, and a retry when the database asks for one. Readings of one moment."""

from __future__ import annotations

import functools
import logging
import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction

from domains.common.data.prepared import fetch_one
from domains.common.errors import ServiceUnavailableError

logger = logging.getLogger(__name__)

ATTEMPTS = 3
LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "5s"
LOCK_NOT_AVAILABLE = "55P03"  # by lock_timeout
# serialization_failure, deadlock_detected, lock_not_available; and unique_violation: a rival took meanwhile what the
# service had found free, so that the next attempt finds it taken and says so in its own words.
RETRIED_STATES = frozenset({"40001", "40P01", LOCK_NOT_AVAILABLE, "23505"})
QUERY_CANCELED = "57014"  # by statement_timeout
DISK_FULL = "53100"
# And read_only_sql_transaction: a former primary after a failover, until connections reach the new one.
NO_WRITES = frozenset({"25006", DISK_FULL})
FULL_SECONDS = 30.0  # how long a full disk is told of after it was met: asking for its room needs a superuser
_LIMIT = "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)"
_met: dict[str | None, float] = {}  # when a state of NO_WRITES was met last, on the monotonic clock


class TryAgain(Exception):
    """A rule saw rows change under it and wants the whole service run again."""


@contextmanager
def short_transaction() -> Iterator[None]:
    """The outermost transaction of a service: it never waits longer than LOCK_TIMEOUT for a row.

    The limits are SET LOCAL, so they also hold behind a pooler in transaction mode. Raises ServiceUnavailableError as
    `writing` does, for statements that took longer than STATEMENT_TIMEOUT.
    """
    with writing(), transaction.atomic(durable=True):
        fetch_one(_LIMIT, LOCK_TIMEOUT, STATEMENT_TIMEOUT)
        yield


@contextmanager
def writing() -> Iterator[None]:
    """Around a statement that is a transaction of its own, and sets what limit it needs.

    Raises ServiceUnavailableError when a statement took longer than it may; it is not retried, which would only add to
    the load. Also when the database takes no writes; the next request or task then gets a new connection.
    """
    try:
        yield
    except DatabaseError as error:
        state = _state(error)
        if state in NO_WRITES:
            logger.error("the database takes no writes", extra={"sqlstate": state})
            _met[state] = connection.close_at = time.monotonic()
        if state == QUERY_CANCELED or state in NO_WRITES:
            raise ServiceUnavailableError from error
        raise


def disk_was_full() -> bool:
    """Whether a write of this process met a full disk within the last FULL_SECONDS."""
    return time.monotonic() - _met.get(DISK_FULL, -math.inf) < FULL_SECONDS


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read within is of one moment, that of the first statement. Writing raises an error of the database.

    Without it each statement sees what was committed before it began: a change between two of them shows in halves.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def retried[**P, R](service: Callable[P, R]) -> Callable[P, R]:
    """Run the service again, ATTEMPTS times in all with jitter, when RETRIED_STATES or TryAgain ended it.

    Raises ServiceUnavailableError after the last attempt. The service must be one transaction: it starts afresh.
    """

    @functools.wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return service(*args, **kwargs)
            except TryAgain:
                logger.info("service retried", extra={"service": service.__name__, "attempt": attempt})
            except DatabaseError as error:
                if _state(error) not in RETRIED_STATES:
                    raise
                logger.warning("service retried", extra={"service": service.__name__, "attempt": attempt})
            time.sleep(random.uniform(0.01, 0.05) * attempt)
        raise ServiceUnavailableError

    return run


def _state(error: DatabaseError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def assert_no_transaction() -> None:
    """Payment and mail providers are slow: calling one with rows locked would serialise the shop."""
    if connection.in_atomic_block:
        raise RuntimeError("a provider must never be called inside a database transaction")
