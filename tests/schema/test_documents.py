"""Documents that cannot be executed: what is wrong with them, and that nothing was."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from graphql import get_introspection_query

from schema import documents
from tests.factories import ProductFactory
from tests.schema.wire import GRAPHQL, JSON, body, code, get, post

CHAIN = "".join(f" fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(500))
REFUSED = [
    ("{", "GRAPHQL_PARSE_FAILED"),
    ("{ a" * 2_000 + "}" * 2_000, "GRAPHQL_PARSE_FAILED"),
    ("{ me { id } " * 6_000, "GRAPHQL_PARSE_FAILED"),
    (f"{{ node(id: {'[' * 2_000}{']' * 2_000}) {{ id }} }}", "GRAPHQL_PARSE_FAILED"),
    (f"{{ ...F0 }}{CHAIN} fragment F500 on Query {{ __typename }}", "QUERY_TOO_COMPLEX"),
    ("{ nothingOfTheKind }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ me }", "GRAPHQL_VALIDATION_FAILED"),
    ("query ($id: Nothing) { node(id: $id) { id } }", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription ($x: Boolean!) { a: __typename @skip(if: $x) }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
]
FITTING = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"


@pytest.mark.parametrize(("query", "expected"), REFUSED, ids=[query[:20] for query, _ in REFUSED])
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
def test_a_document_that_is_wrong_is_not_executed(query: str, expected: str, accept: str, status: int) -> None:
    response = post({"query": query}, Accept=accept)
    assert (response.status_code, code(response)) == (status, expected)
    assert response.headers["Content-Type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize("blank", ["\n", "\r", "\r\n"], ids=repr)
def test_a_document_that_is_too_long_to_say_where_its_errors_are_is_refused(blank: str) -> None:
    wrong = "{ nothingOfTheKind }"
    most = documents.MAX_LINES - 1
    assert code(post({"query": blank * most + wrong})) == "GRAPHQL_VALIDATION_FAILED"
    assert code(post({"query": blank * (most + 1) + wrong})) == "GRAPHQL_PARSE_FAILED"
    assert code(post({"query": wrong.ljust(documents.MAX_CHARACTERS)})) == "GRAPHQL_VALIDATION_FAILED"
    assert code(post({"query": wrong.ljust(documents.MAX_CHARACTERS + 1)})) == "GRAPHQL_PARSE_FAILED"


def test_an_error_says_where_it_is() -> None:
    (error,) = body(post({"query": "{\n  nope\n}"}))["errors"]
    assert error["locations"] == [{"line": 2, "column": 3}]


@pytest.mark.django_db
@pytest.mark.parametrize("depth", [90, 120, 150, 180, 240, 600, 1_200])
def test_nesting_of_any_depth_is_answered_or_refused_and_never_a_crash(depth: int) -> None:
    ProductFactory.create()
    query = "{ categories { products { nodes " + "{ category { products { nodes " * (depth // 3)
    response = post({"query": query + "{ id }" + "}" * query.count("{")})
    assert response.status_code == 200
    codes = {error["extensions"]["code"] for error in body(response).get("errors", [])}
    assert codes <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"}
    assert codes or "data" in body(response)


@pytest.mark.parametrize("value", [{}, {"ids": None}, {"ids": [None]}, {"ids": [{}]}], ids=str)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
def test_variables_that_do_not_fit_are_bad_input(value: dict[str, Any], accept: str, status: int) -> None:
    response = post({"query": FITTING, "variables": value}, Accept=accept)
    assert (response.status_code, code(response)) == (status, "BAD_USER_INPUT")


def test_of_several_operations_the_one_that_is_named_runs() -> None:
    document = "query A { a: __typename } query B { b: __typename }"
    assert body(post({"query": document, "operationName": "B"})) == {"data": {"b": "Query"}}
    for name in (None, "", "C"):
        assert code(post({"query": document, "operationName": name})) == "BAD_REQUEST"


def test_a_document_without_operations_is_refused() -> None:
    assert code(post({"query": "fragment A on Query { __typename }"})) == "GRAPHQL_VALIDATION_FAILED"


def test_a_subscription_is_not_answered_in_json() -> None:
    document = "query Q { __typename } subscription S { anything }"
    response = post({"query": document, "operationName": "S"})
    assert response.status_code in {200, 406}
    assert code(response) in {"BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED"}
    assert get(query="subscription { anything }").status_code in {200, 406}


def test_introspection_and_suggestions_can_be_turned_off(settings: LazySettings) -> None:
    whole, typo = {"query": get_introspection_query()}, {"query": "{ prodcts { nodes { id } } }"}
    assert body(post(whole))["data"]["__schema"]
    assert "Did you mean 'products'" in post(typo).content.decode()
    settings.INTROSPECTION = False
    assert code(post(whole)) == "GRAPHQL_VALIDATION_FAILED"
    assert code(post({"query": '{ __type(name: "User") { name } }'})) == "GRAPHQL_VALIDATION_FAILED"
    assert body(post({"query": "{ __typename }"})) == {"data": {"__typename": "Query"}}
    assert "Did you mean" not in post(typo).content.decode()


def test_a_document_is_checked_once_but_a_very_long_one_is_not_kept() -> None:
    short, long = "{ __typename }", "{ __typename }" + " " * documents.CACHED_CHARACTERS
    assert documents.read(short, introspection=True) is documents.read(short, introspection=True)
    assert documents.read(long, introspection=True) is not documents.read(long, introspection=True)


def test_of_too_many_documents_only_the_one_that_was_not_used_for_longest_is_forgotten() -> None:
    texts = [f"{{ a{number}: __typename }}" for number in range(documents.CACHED_DOCUMENTS)]
    read = [documents.read(text, introspection=True) for text in texts]
    documents.read("{ oneMore: __typename }", introspection=True)
    again = [documents.read(text, introspection=True) for text in reversed(texts)]
    same = [now is before for now, before in zip(reversed(again), read, strict=True)]
    assert same == [False] + [True] * (len(texts) - 1)
