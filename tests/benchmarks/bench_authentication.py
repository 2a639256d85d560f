"""What it costs to recognise a viewer by an access token: run by hand, with DATABASE_URL and REDIS_URL set.

    python -m tests.benchmarks.bench_authentication

Prints microseconds of this process's CPU and of wall time for each call, and the statements of each; the variants take
turns in each round. Makes one person with one session, and deletes them afterwards.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.test")
django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from domains.accounts import denials  # noqa: E402
from domains.accounts.jwt import read_access_token  # noqa: E402
from domains.accounts.models import Session, User  # noqa: E402
from domains.accounts.services import Device, open_session  # noqa: E402
from domains.accounts.tokens import viewer_of  # noqa: E402

logger = logging.getLogger(__name__)
ROUNDS, RUNS = 25, 200


def _by_sql(token: str) -> Any:
    """Claims, and one statement that joins session and person."""
    claims = read_access_token(token)
    return denials._judge(claims, denials._ask(claims))


def _by_rows(token: str) -> Any:
    """Claims, and both rows as objects: what a middleware that sets `request.user` does."""
    claims = read_access_token(token)
    session = Session.objects.get(id=claims.session_id)
    user = User.objects.get(id=claims.user_id)
    return session.revoked_at is None and user.is_active and user.token_version == claims.token_version


def _measure(call: Callable[[str], Any], token: str) -> tuple[float, float]:
    cpu, wall = process_time(), perf_counter()
    for _ in range(RUNS):
        if not call(token):
            raise RuntimeError("the token was refused")
    return (process_time() - cpu) / RUNS * 1e6, (perf_counter() - wall) / RUNS * 1e6


def _statements(call: Callable[[str], Any], token: str) -> int:
    """At least: about once a second a call extends the proof, with one more."""
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            call(token)
        counts.append(len(queries))
    return min(counts)


def main(token: str) -> None:
    variants: dict[str, Callable[[str], Any]] = {
        "claims alone": read_access_token,
        "claims and Redis": viewer_of,
        "claims and one statement": _by_sql,
        "claims and both rows": _by_rows,
    }
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, call in variants.items():
            spent[name].append(_measure(call, token))
    logger.info("%-28s %8s %8s %10s", "", "CPU us", "wall us", "statements")
    for name, times in spent.items():
        cpu, wall = (median(values) for values in zip(*times, strict=True))
        logger.info("%-28s %8.0f %8.0f %10d", name, cpu, wall, _statements(variants[name], token))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    person = User.objects.create(email="bench-authentication@example.com", name="Bench", password="!")
    try:
        main(open_session(user=person, device=Device()).access_token)
    finally:
        person.delete()
