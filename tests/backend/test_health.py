"""Probes: alive is not the same as ready, and what is not ready says which part is missing."""

from __future__ import annotations

import json
import os

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests.commands import python
from tests.processes import free_port

LOOK = """
import json, django
django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
print(json.dumps([[r.status_code, r.json()] for r in map(Client().get, ("/healthz", "/readyz"))]))
"""
OK = {"status": "ok", "database": "ok", "redis": "ok", "migrations": "ok"}


def test_a_process_that_answers_is_alive_whatever_else_is_missing() -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_is_ready_when_database_redis_and_migrations_are_there() -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, OK)


@pytest.mark.django_db
def test_it_is_not_ready_without_redis(settings: LazySettings) -> None:
    settings.REDIS_URL = f"redis://:secret@127.0.0.1:{free_port()}/0"
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json() == {**OK, "status": "unavailable", "redis": "unreachable"}


@pytest.mark.django_db
def test_it_is_not_ready_before_the_last_migration() -> None:
    (last,) = MigrationLoader(connection).graph.leaf_nodes("orders")
    MigrationRecorder(connection).record_unapplied(*last)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "ok"
    assert "manage.py migrate" in response.json()["migrations"]


def test_without_a_database_it_is_alive_and_not_ready_and_tells_no_password() -> None:
    away = {"DATABASE_URL": f"postgres://shop:s3cret-word@127.0.0.1:{free_port()}/shop"}
    environment = {"DJANGO_SETTINGS_MODULE": "backend.settings.test", "REDIS_URL": os.environ["REDIS_URL"], **away}
    done = python("-c", LOOK, environment=environment)
    assert done.returncode == 0, done.stderr
    parts = {**OK, "status": "unavailable", "database": "unreachable", "migrations": "unreachable"}
    assert json.loads(done.stdout) == [[200, {"status": "ok"}], [503, parts]]
    assert "s3cret-word" not in done.stdout + done.stderr


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_only_read(path: str) -> None:
    assert Client().post(path).status_code == 405
