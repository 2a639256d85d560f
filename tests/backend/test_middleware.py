"""Each request is one line in the log."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import CategoryFactory
from tests.logs import json_log, lines
from tests.schema.wire import JSON, get, post


def logged(*, path: str = "/graphql", **request: Any) -> list[dict[str, Any]]:
    with json_log() as log:
        post(request) if request else Client().get(path)
    return lines(log, "request")


@pytest.mark.django_db
def test_a_request_is_logged_with_operation_status_duration_and_number_of_statements() -> None:
    CategoryFactory.create()
    (line,) = logged(query="query Shelves { categories { id } }")
    assert (line["method"], line["path"], line["operation"], line["status"]) == ("POST", "/graphql", "Shelves", 200)
    assert line["sql"] == 1
    assert line["duration_ms"] > 0
    assert (line["level"], line["logger"]) == ("INFO", "backend.middleware")


def test_the_line_has_the_id_that_the_client_was_answered() -> None:
    with json_log() as log:
        response = post({"query": "{ __typename }"})
    assert lines(log, "request")[0]["request_id"] == response.headers["X-Request-ID"]


def test_of_several_operations_the_one_that_ran_is_logged() -> None:
    document = "query A { __typename } query B { __typename }"
    assert logged(query=document, operationName="B")[0]["operation"] == "B"
    assert logged(query="{ __typename }")[0]["operation"] is None


def test_the_query_string_is_not_logged() -> None:
    with json_log() as log:
        get({"Accept": JSON, "X-Request-ID": "abcd-1234"}, query="{ __typename }", token="s3cret")
    assert lines(log, "request")[0]["path"] == "/graphql"
    assert "s3cret" not in log.getvalue()


def test_a_page_that_is_not_there_is_logged_and_answered_with_an_id() -> None:
    assert logged(path="/nothing")[0]["status"] == 404
    assert Client().get("/nothing").headers["X-Request-ID"]
