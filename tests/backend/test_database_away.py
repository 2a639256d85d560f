"""While PostgreSQL is away clients are told to come back, soon enough, and the log says so once."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest

from tests.commands import python
from tests.processes import free_port

ASK = """
import json, sys, django
django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
accept, queries = json.loads(sys.argv[1])
for query in queries:
    response = Client().post("/graphql", {"query": query}, content_type="application/json",
        headers={"Accept": accept, "X-Request-ID": "outage-0001"})
    print(json.dumps([response.status_code, response.headers.get("Retry-After"), response.json()]))
"""
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


def ask(port: int, accept: str, *queries: str) -> tuple[list[list[object]], list[dict[str, object]]]:
    """The answers, and the lines of the log."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "backend.settings.test",
        "DATABASE_URL": f"postgres://shop:s3cret-word@127.0.0.1:{port}/shop",
        "REDIS_URL": os.environ["REDIS_URL"],
        "DATABASE_CONNECT_TIMEOUT": "2",
    }
    done = python("-c", ASK, json.dumps([accept, queries]), environment=environment)  # its patience ends, too
    assert done.returncode == 0, done.stderr
    assert "s3cret-word" not in done.stdout + done.stderr
    log = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in done.stdout.splitlines()], log


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 503)])
def test_a_client_is_told_to_come_back_and_the_log_once_why(port: int, accept: str, status: int) -> None:
    ((answered, retry, answer),), log = ask(port, accept, FIELDS)
    assert (answered, retry) == (status, "2")
    assert isinstance(answer, dict)
    extensions = {"code": "SERVICE_UNAVAILABLE", "requestId": "outage-0001"}
    assert [error["extensions"] for error in answer["errors"]]
    assert all(error["extensions"] == extensions for error in answer["errors"])
    away = [line for line in log if line["level"] == "ERROR"]
    assert [(line["message"], line["request_id"]) for line in away] == [("database away", "outage-0001")]


def test_what_needs_no_database_is_answered_still() -> None:
    (whole, partly), _ = ask(free_port(), GRAPHQL, "{ __typename }", PARTLY)
    assert whole == [200, None, {"data": {"__typename": "Query"}}]
    assert (partly[0], partly[1]) == (200, "2")
    assert isinstance(partly[2], dict)
    assert partly[2]["data"] == {"kind": "Query", "product": None}


def test_a_named_document_cannot_be_looked_up_without_a_database_and_is_not_called_unknown() -> None:
    query = "import json; " + ASK.replace('{"query": query}', '{"documentId": query}')
    environment = {
        "DJANGO_SETTINGS_MODULE": "backend.settings.test",
        "DATABASE_URL": f"postgres://shop@127.0.0.1:{free_port()}/shop",
        "REDIS_URL": os.environ["REDIS_URL"],
    }
    done = python("-c", query, json.dumps([JSON, ["sha256:" + "0" * 64]]), environment=environment)
    status, retry, answer = json.loads(done.stdout)
    assert (status, retry, answer["errors"][0]["extensions"]["code"]) == (503, "2", "SERVICE_UNAVAILABLE")
