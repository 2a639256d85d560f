"""Probes: alive is not the same as ready, and what is not ready says which part is missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from backend.health import SILENT, Probes
from tests.backend.test_production_settings import load
from tests.logs import json_log, lines
from tests.processes import free_port

ALIVE = (200, {"status": "ok"})
OK = {"status": "ok", "database": "ok", "redis": "ok", "migrations": "ok"}
AWAY = {**OK, "status": "unavailable"}


def probe(path: str, method: str = "GET", *, seconds: float = 60.0) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    probes = Probes(seconds=seconds)
    scope = {"method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}
    asyncio.run(probes({**scope, "http_version": "1.1", "scheme": "http"}, path, send))
    probes.stop()
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture
def stands_still(transactional_db: None) -> Iterator[None]:
    """The table of migrations is locked: who reads it waits, as for a frozen database."""
    connection.set_autocommit(False)
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
    yield
    connection.rollback()
    connection.set_autocommit(True)


def test_a_process_that_answers_is_alive_whatever_else_is_missing() -> None:
    assert probe("/healthz") == ALIVE


@pytest.mark.django_db
def test_it_is_ready_when_database_redis_and_migrations_are_there() -> None:
    assert probe("/readyz") == (200, OK)


@pytest.mark.django_db
def test_it_is_not_ready_without_redis(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://:secret@127.0.0.1:{free_port()}/0"
    assert probe("/readyz") == (503, {**AWAY, "redis": "unreachable"})


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_before_the_last_migration() -> None:
    (last,) = MigrationLoader(connection).graph.leaf_nodes("orders")
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*last)
    try:
        status, parts = probe("/readyz")
    finally:
        recorder.record_applied(*last)
    assert (status, parts["database"]) == (503, "ok")
    assert "manage.py migrate" in parts["migrations"]


@pytest.mark.usefixtures("stands_still")
def test_a_database_that_stands_still_is_not_waited_for() -> None:
    status, parts = probe("/readyz", seconds=0.5)
    assert (status, parts["migrations"]) == (503, SILENT)


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_on_a_database_that_only_reads() -> None:
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        try:
            assert probe("/readyz") == (503, {**AWAY, "database": "read-only", "migrations": "read-only"})
        finally:
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


@pytest.mark.django_db
def test_without_a_database_it_is_alive_and_not_ready_and_tells_no_password(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = load(monkeypatch, "test", DATABASE_URL=f"postgres://shop:s3cret-word@127.0.0.1:{free_port()}/shop")
    away = connections.settings["default"] | elsewhere.DATABASES["default"]
    monkeypatch.setitem(connections.settings, "default", away)  # of which the thread that looks makes its connection
    with json_log() as log:
        answers = [probe("/healthz"), probe("/readyz")]
    assert answers == [ALIVE, (503, {**AWAY, "database": "unreachable", "migrations": "unreachable"})]
    assert [line["part"] for line in lines(log, "not ready")] == ["database"]
    assert "s3cret-word" not in "".join([str(answers), log.getvalue(), *capfd.readouterr()])


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_only_read(path: str) -> None:
    assert probe(path, "POST")[0] == 405
