"""What it costs to recognise a viewer by an access token: run by hand on Linux, DATABASE_URL naming a local server.

    python -m tests.benchmarks.bench_authentication

Prints microseconds a call: CPU of this process, CPU of its PostgreSQL backend (/proc/PID/schedstat), both together, and
wall time. The variants take turns in each round; of the rounds the quietest tenth counts, because other work on the
machine costs caches. Makes one person with one session, and deletes them afterwards.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from time import perf_counter_ns, process_time_ns
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.test")
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from domains.accounts.jwt import read_access_token  # noqa: E402
from domains.accounts.models import Session, User  # noqa: E402
from domains.accounts.services import open_session  # noqa: E402
from domains.accounts.tokens import viewer_of  # noqa: E402

logger = logging.getLogger(__name__)
ROUNDS, RUNS = 50, 100


def _by_orm(token: str) -> Any:
    """The same question, asked by the ORM: one statement that joins session and person."""
    claims = read_access_token(token)
    mine = Session.objects.filter(id=claims.session_id, user=claims.user_id, user__token_version=claims.token_version)
    alive = mine.filter(revoked_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True)
    return alive.values_list("user__is_staff").first()


def _by_rows(token: str) -> Any:
    """Both rows as objects: what a middleware that sets `request.user` does."""
    claims = read_access_token(token)
    session = Session.objects.get(id=claims.session_id)
    user = User.objects.get(id=claims.user_id)
    return session.revoked_at is None and user.is_active and user.token_version == claims.token_version


VARIANTS: dict[str, Callable[[str], Any]] = {
    "claims alone": read_access_token,
    "one prepared statement": viewer_of,
    "one statement of the ORM": _by_orm,
    "both rows of the ORM": _by_rows,
}


def _database_ns() -> int:
    assert connection.connection
    return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0])


def _measure(call: Callable[[str], Any], token: str) -> tuple[float, ...]:
    """Microseconds a call: CPU here, CPU of the database, both, wall time."""
    database, cpu, wall = _database_ns(), process_time_ns(), perf_counter_ns()
    for _ in range(RUNS):
        if not call(token):
            raise RuntimeError("the token was refused")
    cpu, wall = process_time_ns() - cpu, perf_counter_ns() - wall
    database = _database_ns() - database
    return tuple(nanoseconds / RUNS / 1000 for nanoseconds in (cpu, database, cpu + database, wall))


def main(token: str) -> None:
    """Measure all variants, and print the lowest decile of their rounds."""
    spent: dict[str, list[tuple[float, ...]]] = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, call in VARIANTS.items():
            spent[name].append(_measure(call, token))
    logger.info("%-26s %8s %8s %8s %8s", "us a call", "server", "database", "together", "wall")
    for name, times in spent.items():
        logger.info(
            "%-26s %8.0f %8.0f %8.0f %8.0f", name, *(quantiles(each, n=10)[0] for each in zip(*times, strict=True))
        )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    person = User.objects.create(email="bench-authentication@example.com", name="Bench", password="!")
    try:
        main(open_session(user=person).access_token)
    finally:
        person.delete()
