"""Behind the estimate of a document's cost: bytes, time, and whether its client still waits."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from domains.accounts.models import User
from domains.common.guard.deadline import ENVIRON_KEY, Deadline
from tests.api import Api
from tests.factories import ProductFactory
from tests.schema.wire import GRAPHQL, JSON, body, code, post

pytestmark = pytest.mark.django_db
PRODUCTS = {"query": "{ products { nodes { description category { name } } } categories { name } }"}


def limit(answer: dict[str, list[dict[str, dict[str, object]]]]) -> object:
    """What was exceeded; what is told of it fits."""
    (error,) = answer["errors"]
    told = error["extensions"]
    assert told["code"] == "QUERY_TOO_COMPLEX"
    assert int(str(told["measured"])) > int(str(told["allowed"]))
    return told["limit"]


@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
def test_an_answer_larger_than_is_allowed_is_refused(accept: str, status: int, settings: LazySettings) -> None:
    ProductFactory.create(description="ä" * 500)
    size = len(orjson.dumps(body(post(PRODUCTS))["data"]))
    settings.RESPONSE_MAX_BYTES = size
    assert "errors" not in body(post(PRODUCTS))
    settings.RESPONSE_MAX_BYTES = size - 1
    response = post(PRODUCTS, Accept=accept)
    assert (response.status_code, code(response), limit(body(response))) == (status, "QUERY_TOO_COMPLEX", "bytes")


def test_a_query_whose_time_is_up_reads_no_more_and_a_mutation_has_none(customer: User, settings: LazySettings) -> None:
    api = Api(customer)
    settings.QUERY_MAX_SECONDS = -1
    with CaptureQueriesContext(connection) as statements:
        assert limit(body(post(PRODUCTS))) == "milliseconds"
    assert len(statements) == 0
    assert api.data("mutation { logout { __typename } }")


def test_a_query_whose_client_leaves_reads_no_more() -> None:
    deadline, sent = Deadline(), list[str]()

    def leave(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        sent.append(sql)
        deadline.abandon()
        return answer

    extra: Any = {ENVIRON_KEY: deadline}
    with connection.execute_wrapper(leave):
        Client().post("/graphql", PRODUCTS, content_type=JSON, **extra)
    assert len(sent) == 1  # of two on one level
