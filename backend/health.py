"""/healthz: the process answers. /readyz: it can serve, or which part is missing.

Both are answered on the event loop: a process whose web threads are all busy is alive, and a database may stand still.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import orjson
from django.conf import settings
from django.db import close_old_connections, connection, connections
from django.db.migrations.executor import MigrationExecutor

from backend.bridge import Scope, send_error
from backend.calls import Reply, Send, send_reply
from backend.draining import drain
from backend.replies import CONTENT_TYPE
from domains.common.data import transactions
from domains.common.guard import redis

logger = logging.getLogger(__name__)

PROBES = frozenset({"/healthz", "/readyz"})
TIMEOUT_SECONDS = 2.0  # for all parts together
REDIS_SECONDS = 0.5  # to connect, and again for its answer
SILENT = "no answer"


class Probes:
    """An ASGI application for PROBES. The parts are looked at in one thread, which keeps its database connection."""

    def __init__(self, *, seconds: float = TIMEOUT_SECONDS) -> None:
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="probe")
        self._looking: Future[None] | None = None
        self._parts: dict[str, str] = {}

    async def __call__(self, scope: Scope, path: str, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await send_error(scope, send, 405, "BAD_REQUEST", "This address takes GET, HEAD", (b"allow", b"GET, HEAD"))
            return
        parts = await self._parts_of(path)
        ready = all(state == "ok" for state in parts.values())
        body = orjson.dumps({"status": "ok" if ready else "unavailable", **parts})
        headers = [(b"content-type", CONTENT_TYPE.encode()), (b"cache-control", b"no-store")]
        await send_reply(send, Reply(200 if ready else 503, headers, body if scope["method"] == "GET" else b""))

    def stop(self) -> None:
        """Look at nothing more. A look that hangs is not waited for."""
        self._pool.submit(connections.close_all)
        self._pool.shutdown(wait=False)

    async def _parts_of(self, path: str) -> dict[str, str]:
        if path != "/readyz":
            return {}
        return {"server": "draining"} if drain.active else await self._looked()

    async def _looked(self) -> dict[str, str]:
        """The state of each part, within `seconds`; while a look hangs, no other is begun."""
        if self._looking is None or self._looking.done():
            self._parts = dict.fromkeys(("database", "redis", "migrations"), SILENT)
            self._looking = self._pool.submit(_look, self._parts)
        await asyncio.wait([asyncio.wrap_future(self._looking)], timeout=self._seconds)
        return dict(self._parts)


def _look(parts: dict[str, str]) -> None:
    close_old_connections()
    parts["redis"] = _state("redis", _redis)
    parts["database"] = _state("database", _database)
    # Without a database it would only time out once more.
    parts["migrations"] = _state("migrations", _migrations) if parts["database"] == "ok" else parts["database"]


def _state(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # whatever a driver raises means the same here: not ready
        logger.warning("not ready", extra={"part": name, "error": type(error).__name__})
        return "unreachable"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        (read_only,) = cursor.fetchone()
    if read_only == "on":
        return "read-only"
    return "disk full" if transactions.disk_was_full() else "ok"


def _redis() -> str:
    waits = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    with redis.connect(redis.Redis, settings.REDIS_URL, **waits) as client:
        client.ping()
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} not applied: run `manage.py migrate`" if missing else "ok"
