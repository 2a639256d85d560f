"""Which methods and content types the endpoint takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.schema.wire import GRAPHQL, JSON, body, code, get, post

QUERY = "{ __typename }"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_a_query_may_be_sent_by_get(accept: str) -> None:
    query = "query Q($yes: Boolean!) { __typename @include(if: $yes) }"
    response = get({"Accept": accept}, query=query, variables='{"yes": true}', operationName="Q", extensions="{}")
    assert response.status_code == 200
    assert body(response) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("accept", ["*/*", "application/*", ""])
def test_a_get_that_welcomes_anything_is_answered_in_json(accept: str) -> None:
    assert body(get({"Accept": accept}, query=QUERY)) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("accept", ["image/png", "image/avif,image/webp,*/*;q=0.8", "text/css,*/*;q=0.1"])
def test_a_get_by_a_link_or_an_image_is_refused(accept: str) -> None:
    response = get({"Accept": accept}, query=QUERY)
    assert (response.status_code, code(response)) == (406, "BAD_REQUEST")


def test_a_mutation_by_get_is_refused() -> None:
    response = get(query="mutation { logout { __typename } }")
    assert (response.status_code, code(response)) == (405, "BAD_REQUEST")
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": QUERY, "variables": "["},
        {"query": QUERY, "variables": "[]"},
        {"query": QUERY, "extensions": "1"},
    ],
    ids=str,
)
def test_a_get_without_a_proper_request_is_a_bad_request(parameters: dict[str, str]) -> None:
    response = get(**parameters)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


def test_nul_in_a_query_string_is_bad_input() -> None:
    assert code(get(query="{ a\x00 }")) == "BAD_USER_INPUT"
    assert code(get(documentId="\x00")) == "BAD_USER_INPUT"
    assert code(get(query=QUERY, variables=r'{"a": "\u0000"}')) == "BAD_USER_INPUT"


def test_a_query_string_of_a_thousand_parameters_is_a_bad_request() -> None:
    assert code(get(**{f"p{n}": "1" for n in range(1_001)})) == "BAD_REQUEST"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PURGE"])
def test_other_methods_are_405_and_told_which_are_allowed(method: str) -> None:
    response: Any = Client().generic(method, "/graphql", b"{}", JSON)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST"
    assert method == "HEAD" or code(response) == "BAD_REQUEST"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ],
)
def test_a_body_that_is_not_sent_as_json_in_utf_8_is_415(content_type: str) -> None:
    response = post({"query": QUERY}, content_type=content_type)
    assert (response.status_code, code(response)) == (415, "BAD_REQUEST")


@pytest.mark.parametrize("content_type", ["application/json;charset=UTF-8", 'Application/JSON; charset="utf8"'])
def test_json_may_name_its_charset(content_type: str) -> None:
    assert post({"query": QUERY}, content_type=content_type).status_code == 200
