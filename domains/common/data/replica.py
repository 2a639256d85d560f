"""What queries read from a replica (setting DATABASE_REPLICA_URL), and when they ask the primary instead.

The replica is *fit* while it is known to hold all that was committed DATABASE_REPLICA_MAX_LAG seconds ago. Whoever has
just written, or hears of changes by a stream, is *pinned* to the primary for as long after: when a pin is over, a
replica that is fit holds what was written. Clocks of other machines play no part.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections, connection, connections

from domains.common.data.prepared import fetch_one, source
from domains.common.guard import redis
from domains.common.guard.addresses import network
from domains.common.guard.budgets import hidden
from domains.common.viewer import Viewer, client_address

logger = logging.getLogger(__name__)

ALIAS = "replica"
LOOK_SECONDS = 1.0  # between two looks at the replica; a quarter of the lag where that is less
# Bytes of the write-ahead log: what is committed at the primary, and what the replica shows. None of a server that is
# no replica: whoever was promoted may not be the primary that we write to.
_COMMITTED = "SELECT pg_current_wal_flush_lsn() - '0/0'"
_SHOWN = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0' END"


class Replica:
    """How fresh it is, as this process has seen it. `look` belongs to one thread, all else to any."""

    def __init__(self) -> None:
        self._fresh_at = -math.inf  # all that was committed then is known to be there; on the monotonic clock
        self._blind_until = -math.inf  # pins may have been lost until then
        self._committed: deque[tuple[float, Decimal]] = deque(maxlen=1_000)

    def lag(self) -> float:
        """Seconds that it is behind, at most; infinite while that is unknown."""
        return time.monotonic() - self._fresh_at

    def is_fit(self) -> bool:
        """Whether it lags no more than it may."""
        return self.lag() <= settings.DATABASE_REPLICA_MAX_LAG

    def serves(self, viewer: Viewer) -> bool:
        """Whether this viewer's queries may be read from it. What nobody in particular may see has no pins."""
        return self.is_fit() and not (viewer.is_authenticated and self._is_pinned(viewer))

    def pin(self, viewer: Viewer) -> None:
        """The viewer has written, or was told of a change. Nobody stands for those at the same address."""
        try:
            with redis.guarded() as client:
                client.set(_pin(viewer.user_id or _address()), 1, px=round(settings.DATABASE_REPLICA_MAX_LAG * 1000))
        except redis.RedisError:
            self._lose_pins()

    def gave_up(self) -> None:
        """A query met a replica that is away: the others do not have to."""
        was_fit, self._fresh_at = self.is_fit(), -math.inf
        self._tell(was_fit)

    def look(self) -> None:
        """See how far it is; that it is away is no error."""
        was_fit = self.is_fit()
        try:
            now, (committed,) = time.monotonic(), fetch_one(_COMMITTED) or ()
            self._committed.append((now, committed))
            (shown,) = fetch_one(_SHOWN, using=ALIAS) or ()
            while shown is not None and self._committed and self._committed[0][1] <= shown:
                self._fresh_at, _ = self._committed.popleft()
        except Error as error:
            logger.debug("the replica was not seen", extra={"error": type(error).__name__})
        self._tell(was_fit)

    def _tell(self, was_fit: bool) -> None:
        if self.is_fit() != was_fit:
            logger.warning("the replica serves queries" if self.is_fit() else "the primary serves all queries")

    def _is_pinned(self, viewer: Viewer) -> bool:
        if time.monotonic() < self._blind_until:
            return True
        try:
            with redis.guarded() as client:
                return bool(client.exists(_pin(viewer.user_id), _pin(_address())))
        except redis.RedisError:
            self._lose_pins()
            return True

    def _lose_pins(self) -> None:
        """Redis is away, or comes back empty: connections to it break either way."""
        self._blind_until = time.monotonic() + settings.DATABASE_REPLICA_MAX_LAG


replica = Replica()


def watch() -> None:
    """Keep looking, in a thread of its own with two connections, until the process ends."""
    threading.Thread(target=_look_on, name="replica", daemon=True).start()


def _look_on() -> None:
    while True:
        close_old_connections()
        try:
            replica.look()
        except Exception:
            logger.exception("the replica was not seen")
        time.sleep(min(LOOK_SECONDS, settings.DATABASE_REPLICA_MAX_LAG / 4))


@contextmanager
def reading_from(alias: str) -> Iterator[None]:
    """All that this thread reads in here comes from there: ALIAS, or DEFAULT_DB_ALIAS for the primary."""
    connections[alias].execute_wrappers = connection.execute_wrappers  # whoever watches statements sees these, too
    token = source.set(alias)
    try:
        yield
    finally:
        source.reset(token)


class Router:
    """Django's: models are read from where this thread reads, and written at the primary alone."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """None: as without us."""
        return ALIAS if source.get() == ALIAS else None

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """They are rows of one database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """A replica gets what the primary has."""
        return False if db == ALIAS else None


def _pin(about: object) -> str:
    return redis.key("pin", about)


def _address() -> str:
    """Hashed: Redis, and who copies it, hold no addresses of people."""
    return f"address:{hidden(network(client_address.get()))}"
