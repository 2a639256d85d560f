"""While PostgreSQL is away clients are told to come back, soon enough, and the log says so once."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from domains.common import tasks
from domains.common.background.models import OutboxMessage
from domains.common.data import transactions
from tests.api import Api
from tests.commands import python
from tests.domains.payments.news import PATH, SECRET, news, signed
from tests.logs import json_log, lines
from tests.processes import free_port

ASK = """
import json, sys, django
django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
for name, (accept, body) in json.loads(sys.argv[1]).items():
    response = Client().post("/graphql", body, content_type="application/json",
        headers={"Accept": accept, "X-Request-ID": name})
    print(json.dumps([response.status_code, response.headers.get("Retry-After"), response.json()]))
"""
JSON, GRAPHQL = "application/json", "application/graphql-response+json"
FIELDS = {"query": "{ a: categories { id } b: categories { id } }"}
REQUESTS = {
    "outage-json": (JSON, FIELDS),
    "outage-graphql": (GRAPHQL, FIELDS),
    "outage-whole": (GRAPHQL, {"query": "{ __typename }"}),
    "outage-partly": (GRAPHQL, {"query": '{ kind: __typename product(by: {sku: "A"}) { id } }'}),
    "outage-unknown": (JSON, {"documentId": "sha256:" + "0" * 64}),
}


@pytest.fixture(scope="module", params=["refuses", "hangs"])
def outage(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Answers to the REQUESTS, and the log, of a process without PostgreSQL.

    Where it should be is nobody, or one that accepts connections and says nothing.
    """
    if request.param == "refuses":
        yield ask(free_port())
        return
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield ask(silent.getsockname()[1])


def ask(port: int) -> tuple[dict[str, Any], list[Any]]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "backend.settings.test",
        "DATABASE_URL": f"postgres://shop:s3cret-word@127.0.0.1:{port}/shop",
        "REDIS_URL": os.environ["REDIS_URL"],
        "DATABASE_CONNECT_TIMEOUT": "2",
    }
    done = python("-c", ASK, json.dumps(REQUESTS), environment=environment)  # its patience ends, too
    assert done.returncode == 0, done.stderr
    assert "s3cret-word" not in done.stdout + done.stderr
    log = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return dict(zip(REQUESTS, map(json.loads, done.stdout.splitlines()), strict=True)), log


def test_a_client_is_told_to_come_back_and_the_log_once_why(outage: tuple[dict[str, Any], list[Any]]) -> None:
    answers, log = outage
    names = ["outage-json", "outage-graphql"]
    assert [answers[name][:2] for name in names] == [[200, "2"], [503, "2"]]
    for name in names:
        assert (errors := answers[name][2]["errors"])
        extensions = {"code": "SERVICE_UNAVAILABLE", "requestId": name}
        assert all(error["extensions"] == extensions for error in errors)
    away = [(line["message"], line["request_id"]) for line in log if line["level"] == "ERROR"]
    assert away == [("database away", name) for name in (*names, "outage-partly", "outage-unknown")]


def test_what_needs_no_database_is_answered_and_a_named_document_is_not_called_unknown(
    outage: tuple[dict[str, Any], list[Any]],
) -> None:
    whole, partly, unknown = (outage[0][f"outage-{name}"] for name in ("whole", "partly", "unknown"))
    assert (whole[:2], whole[2]["data"]) == ([200, None], {"__typename": "Query"})
    assert partly[:2] == [200, "2"]
    assert partly[2]["data"] == {"kind": "Query", "product": None}
    assert unknown[:2] == [503, "2"]
    assert unknown[2]["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


FULL = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"""
NO_WRITES = {
    "25006": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    "53100": (
        f"""{FULL}; CREATE TRIGGER full_disk BEFORE INSERT ON products_category EXECUTE FUNCTION full_disk();
        CREATE TRIGGER full_disk BEFORE INSERT ON payments_webhookevent EXECUTE FUNCTION full_disk()""",
        "DROP FUNCTION full_disk CASCADE",
    ),
}


@pytest.fixture(params=NO_WRITES)
def state(request: pytest.FixtureRequest, staff: Api) -> Iterator[str]:
    """The SQLSTATE of a database that takes no writes."""
    begin, end = NO_WRITES[request.param]
    with connection.cursor() as cursor:
        cursor.execute(begin)
        yield request.param
        cursor.execute(end)
    transactions._met.clear()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_is_an_outage_that_passes(state: str, staff: Api, settings: Settings) -> None:
    settings.PAYMENT_GATEWAY, settings.STRIPE_WEBHOOK_SECRET = "stripe", [SECRET]
    with json_log() as log:
        answer = staff.respond('mutation { createCategory(input: {name: "Lamps"}) { __typename } }')
        webhook = Client().post(PATH, news(), content_type=JSON, headers={"Stripe-Signature": signed(news())})
    for refusal, status in ((answer, 200), (webhook, 503)):
        assert (refusal.status_code, refusal.headers["Retry-After"]) == (status, "2")
        assert refusal.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert [line["sqlstate"] for line in lines(log, "the database takes no writes")] == [state, state]
    assert transactions.disk_was_full() or state != "53100"


@pytest.mark.django_db(transaction=True)
def test_a_worker_leaves_a_former_primary_after_the_first_task_that_fails_there() -> None:
    message = OutboxMessage.objects.create(topic="unknown", key=uuid4(), due_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(NO_WRITES["25006"][0])  # of this connection: a new one leads to the new primary
    assert tasks.deliver.apply((str(message.id),)).failed()
    message.refresh_from_db()
    assert not tasks.deliver.apply((str(message.id),)).failed()
    assert OutboxMessage.objects.get().failures == 1
