"""What went wrong on our side is told to the log, never to the client. A table is taken away to make things fail."""

from __future__ import annotations

import pytest
from django.db import connection

from domains.accounts.models import User
from domains.payments.models import Payment
from schema.errors import HIDDEN
from tests.api import Api, gid
from tests.factories import CategoryFactory
from tests.logs import json_log, lines
from tests.schema.wire import body, code, post

pytestmark = pytest.mark.django_db


def take_away(table: str) -> None:
    """Until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO taken_away")


def test_an_unexpected_error_of_a_field_is_hidden_and_logged_with_the_request_id() -> None:
    take_away("products_category")
    with json_log() as log:
        response = post({"query": "{ shelves: categories { id } }"})
    (error,) = body(response)["errors"]
    request_id = response.headers["X-Request-ID"]
    assert response.status_code == 200
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    assert (error["message"], error["path"]) == (HIDDEN, ["shelves"])
    assert "products_category" not in response.content.decode()
    (line,) = lines(log, "unexpected error")
    assert (line["level"], line["request_id"], line["field"]) == ("ERROR", request_id, "shelves")
    assert "Traceback" in line["exception"]
    assert "products_category" in line["exception"]


def slow_down(table: str) -> None:
    """Reading the table takes longer than a statement may, until the test's transaction is rolled back."""
    take_away(table)
    with connection.cursor() as cursor:
        # Asked once, before any row: joined to an empty table it might never be.
        sleeps = "(SELECT pg_sleep(600)::text) IS NOT NULL"
        cursor.execute(f"CREATE VIEW {table} AS SELECT * FROM taken_away WHERE {sleeps}")
        cursor.execute("SET LOCAL statement_timeout = '300ms'")


def test_a_read_that_takes_too_long_is_too_complex_and_is_logged_with_its_place() -> None:
    CategoryFactory.create()
    slow_down("products_category")
    with json_log() as log:
        response = post({"query": "{ shelves: categories { id } }"})
    (error,) = body(response)["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["shelves"], "QUERY_TOO_COMPLEX")
    assert error["extensions"]["allowed"] == 2000
    (line,) = lines(log, "a statement ran out of time")
    assert "products_category" not in response.content.decode()
    assert "Traceback" in line["exception"]
    assert not lines(log, "database away")


def test_a_statement_outside_any_field_that_takes_too_long_is_a_503_in_json(customer: User) -> None:
    token = Api(customer).token
    slow_down("accounts_session")
    response = post({"query": "{ __typename }"}, Authorization=f"Bearer {token}")
    assert (response.status_code, code(response)) == (503, "SERVICE_UNAVAILABLE")
    assert response.headers["Retry-After"] == "2"


def test_an_unexpected_error_outside_any_field_is_a_500_in_json_with_the_same_words(customer: User) -> None:
    token = Api(customer).token
    take_away("accounts_session")
    with json_log() as log:
        response = post({"query": "{ __typename }"}, Authorization=f"Bearer {token}")
    assert (response.status_code, code(response)) == (500, "INTERNAL_SERVER_ERROR")
    assert body(response)["errors"][0]["message"] == HIDDEN
    assert lines(log, "unexpected error")[0]["request_id"] == response.headers["X-Request-ID"]
    assert str(token) not in log.getvalue()


def test_a_value_that_its_type_cannot_represent_is_our_error_and_leaves_the_other_fields(customer: User) -> None:
    payment = Payment.objects.create(payer=customer, currency="GBP", amount=1, method="pm_card_visa", status="LOST")
    query = "query ($id: ID!) { me { name } node(id: $id) { ... on Payment { status } } }"
    with json_log() as log:
        answer = Api(customer).post(query, {"id": gid(payment)})
    assert answer["data"] == {"me": {"name": customer.name}, "node": None}
    assert [error["path"] for error in answer["errors"]] == [["node", "status"]]
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "LOST" not in str(answer)
    assert lines(log, "unexpected error")
