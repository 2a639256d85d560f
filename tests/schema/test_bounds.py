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
from domains.common.guard import computing
from domains.common.guard.computing import ELSEWHERE_KEY, Elsewhere
from domains.common.guard.deadline import ENVIRON_KEY, Deadline
from tests.api import Api
from tests.factories import ProductFactory
from tests.schema.test_unexpected_errors import take_away
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
    assert not statements.captured_queries
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


def test_a_heavy_query_goes_to_a_thread_of_its_own_before_anything_is_done_and_a_light_one_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(computing, "DEAR_SECONDS", 0.015)  # the first ones of a process take longer
    leaves = " ".join(f"leaf{n}: description" for n in range(100))
    heavy = {"query": f"{{ products(first: 100) {{ nodes {{ {leaves} }} }} }}"}

    def sent(body: dict[str, str], **environ: object) -> int:
        return Client().post("/graphql", body, content_type=JSON, **environ).status_code  # type: ignore[arg-type]

    with CaptureQueriesContext(connection) as statements, pytest.raises(Elsewhere):
        sent(heavy, **{ELSEWHERE_KEY: True})
    assert not statements
    for _ in range(6):
        assert sent(heavy) == 200  # there; the shop is empty, so it turns out to be light
    assert sent(heavy, **{ELSEWHERE_KEY: True}) == 200
    assert sent(PRODUCTS, **{ELSEWHERE_KEY: True}) == 200
    with pytest.raises(Elsewhere):  # reading it takes long
        sent({"query": PRODUCTS["query"] + " " * 10_000}, **{ELSEWHERE_KEY: True})


def test_errors_count_in_the_size_of_an_answer(settings: LazySettings) -> None:
    take_away("products_category")
    failing = " ".join(f'a{n}: category(slug: "lamps") {{ id }}' for n in range(20))
    answer = body(post({"query": f"{{ {failing} }}"}))
    assert len(answer["errors"]) == 20
    settings.RESPONSE_MAX_BYTES = len(orjson.dumps(answer)) // 2
    assert limit(body(post({"query": f"{{ {failing} }}"}))) == "bytes"
