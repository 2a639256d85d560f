"""The budget of database connections: what the whole deployment may open, against what the server lets it have.

Whoever starts asks first: workers, relay, and `manage.py check_connections` before the web server. What starts although
it does not fit would only fail later, under load, and others with it. A server that is away is not waited for: the
process starts, and says that it did not ask.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection

from domains.common.guard import computing
from domains.common.guard.bulkhead import BULKHEADS

logger = logging.getLogger(__name__)

SPARE = 10  # relays, a migration, a backup, somebody at psql
# `least` passes over what is NULL: no limit. A superuser is told the same, but not held to it.
_OFFERED = """SELECT least(current_setting('max_connections')::int
  - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true)::int, 0),
  nullif(rolconnlimit, -1), nullif(datconnlimit, -1)), pg_backend_pid()
FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"""


def of_a_web_process() -> int:
    """The most that one may have open: each thread keeps its own.

    Not counted is what the sandbox provider opens, as many again for those that pay: it is for trials. Nor what a
    replica is asked by: it is another server.
    """
    streams = 2 * settings.STREAM_THREADS + sum(each.threads for each in BULKHEADS)
    watching = 1 + bool(settings.DATABASE_REPLICA_URL)  # the probe's, and who compares the replica with the primary
    return settings.WEB_THREADS + computing.THREADS + streams + watching


def needed() -> int:
    """The most that all containers of this deployment may have open at once."""
    web = settings.WEB_CONTAINERS * settings.GRANIAN_WORKERS * of_a_web_process()
    return web + settings.WORKER_CONTAINERS * settings.CELERY_WORKER_CONCURRENCY + SPARE


def check() -> None:
    """Refuse to start where the server offers fewer. Raises ImproperlyConfigured; leaves no connection open.

    Behind a pooler nothing is asked: it has a budget of its own. It shows by answering with a process number that is
    not the server's.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(_OFFERED)
            offered, process = cursor.fetchone()
            pooled = process != connection.connection.info.backend_pid
    except Error as error:
        logger.warning("database connections were not counted", extra={"error": type(error).__name__})
        return
    finally:
        connection.close()
    logger.info("database connections", extra={"needed": needed(), "offered": offered, "pooled": pooled})
    if needed() > offered and not pooled:
        raise ImproperlyConfigured(_refusal(offered))


def _refusal(offered: int) -> str:
    return (
        f"Refusing to start: {settings.WEB_CONTAINERS} web containers of {settings.GRANIAN_WORKERS} processes of "
        f"{of_a_web_process()} database connections, {settings.WORKER_CONTAINERS} worker containers of "
        f"{settings.CELERY_WORKER_CONCURRENCY}, and {SPARE} for all else are {needed()}; the server offers {offered}. "
        "Raise its max_connections (or the limit of the role or database), lower GRANIAN_WORKERS or WEB_THREADS, or "
        "put PgBouncer in front."
    )
