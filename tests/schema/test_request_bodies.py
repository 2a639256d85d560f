"""What may stand in a request, and that everything else is refused in JSON with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings

from tests.schema.wire import body, code, post

QUERY = "{ __typename }"


def test_a_query_sent_as_json_is_answered() -> None:
    response = post({"query": QUERY, "variables": None, "operationName": None, "extensions": None})
    assert response.status_code == 200
    assert body(response) == {"data": {"__typename": "Query"}}


def test_unknown_members_of_a_request_are_ignored() -> None:
    assert body(post({"query": QUERY, "id": 1})) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "text",
    [
        b" ",
        b"{",
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b"[" * 20_000 + b"]" * 20_000,
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
        b'{"query": NaN}',
        b"\x00",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_a_body_that_is_no_json_object_is_a_bad_request(text: bytes) -> None:
    response = post(text)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"query": ""},
        {"query": None},
        {"query": 1},
        {"query": {"a": 1}},
        {"query": QUERY, "variables": "{}"},
        {"query": QUERY, "variables": []},
        {"query": QUERY, "operationName": 1},
        {"query": QUERY, "operationName": {}},
        {"query": QUERY, "extensions": "x"},
        {"query": QUERY, "extensions": []},
    ],
    ids=str,
)
def test_a_missing_query_or_a_wrong_type_is_a_bad_request(request_: dict[str, Any]) -> None:
    response = post(request_)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "request_",
    [
        {"query": '{ category(slug: "a\x00b") { id } }'},
        {"query": r'{ category(slug: "a\u0000b") { id } }'},
        {"query": r'{ category(slug: "a\u{0}b") { id } }'},
        {"query": "query ($s: String!) { category(slug: $s) { id } }", "variables": {"s": "a\x00b"}},
        {"query": QUERY, "variables": {"\x00": [1]}},
        {"query": QUERY, "variables": {"deep": [{"list": ["\x00"]}]}},
    ],
    ids=range(6),
)
def test_the_character_nul_is_bad_input_however_it_is_written(request_: dict[str, Any]) -> None:
    assert code(post(request_)) == "BAD_USER_INPUT"


@pytest.mark.django_db
def test_a_backslash_before_u0000_is_ordinary_text() -> None:
    asked = {"query": "query ($s: String!) { category(slug: $s) { id } }", "variables": {"s": r"a\u0000b"}}
    assert body(post(asked)) == {"data": {"category": None}}


def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_read(settings: LazySettings) -> None:
    padding = settings.REQUEST_MAX_BYTES - len(b'{"query":""}')
    assert code(post(b'{"query":"' + b" " * padding + b'"}')) == "GRAPHQL_PARSE_FAILED"
    response = post(b'{"query":"' + b" " * (padding + 1) + b'"}')
    assert (response.status_code, code(response)) == (413, "BAD_REQUEST")
