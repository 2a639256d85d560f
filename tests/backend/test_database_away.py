"""While PostgreSQL is away clients are told to come back, soon enough, and the log says so once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from tests.backend.elsewhere import PASSWORD, connect_to
from tests.domains.payments.news import PATH, SECRET, news, signed
from tests.logs import json_log, lines
from tests.processes import free_port

JSON, GRAPHQL = "application/json", "application/graphql-response+json"
FIELDS = "{ a: categories { id } b: categories { id } }"
PARTLY = '{ kind: __typename product(by: {sku: "A"}) { id } }'


@pytest.fixture(params=["refuses", "hangs"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where a PostgreSQL should be: nobody, or one that accepts connections and says nothing."""
    if request.param == "refuses":
        yield free_port()
        return
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield silent.getsockname()[1]


type Ask = Callable[..., tuple[list[Any], list[Any]]]


@pytest.fixture
def ask(db: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Ask where PostgreSQL should be at a port; tells the answers and the lines of the log."""

    def asked(port: int, *requests: tuple[str, dict[str, str]]) -> tuple[list[Any], list[Any]]:
        connect_to(port, monkeypatch, DATABASE_CONNECT_TIMEOUT="2")  # its patience ends, too
        with json_log() as log, ThreadPoolExecutor(1) as thread:
            answers = list(thread.map(answer, *zip(*requests, strict=True)))
        assert PASSWORD not in "".join([str(answers), log.getvalue(), *capfd.readouterr()])
        return answers, lines(log)

    return asked


def answer(accept: str, body: dict[str, str]) -> list[Any]:
    headers = {"Accept": accept, "X-Request-ID": "outage-0001"}
    response = Client().post("/graphql", body, content_type=JSON, headers=headers)
    return [response.status_code, response.headers.get("Retry-After"), response.json()]


def test_a_client_is_told_to_come_back_and_the_log_once_why(ask: Ask, port: int) -> None:
    query = {"query": FIELDS}
    answers, log = ask(port, (JSON, query), (GRAPHQL, query))
    assert [answer[:2] for answer in answers] == [[200, "2"], [503, "2"]]
    extensions = {"code": "SERVICE_UNAVAILABLE", "requestId": "outage-0001"}
    for *_, answer in answers:
        assert answer["errors"]
        assert all(error["extensions"] == extensions for error in answer["errors"])
    away = [line for line in log if line["level"] == "ERROR"]
    assert [(line["message"], line["request_id"]) for line in away] == 2 * [("database away", "outage-0001")]


def test_what_needs_no_database_is_answered_and_a_named_document_is_not_called_unknown(ask: Ask) -> None:
    named = {"documentId": "sha256:" + "0" * 64}
    whole, partly, unknown = ask(
        free_port(), (GRAPHQL, {"query": "{ __typename }"}), (GRAPHQL, {"query": PARTLY}), (JSON, named)
    )[0]
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
