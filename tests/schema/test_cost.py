"""What one document may ask for: counted before it is validated, in time that is linear in its length."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from graphql import get_introspection_query, parse

from schema.cost import Meter
from schema.merge import core
from tests.schema.wire import GRAPHQL, JSON, body, code, post

BOMB = "{ ...F0 } " + "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(90))
REPEATED = "query { " + "me { id } " * 490 + "}"
SPREAD = "{ " + "".join(f"...F{n} " for n in range(150)) + "}"
SPREAD += "".join(f" fragment F{n} on Query {{ me {{ id }} }}" for n in range(150))
DEEP = "{ categories { products { nodes { " + "category { products { nodes { " * 5 + "id" + " }" * 19
TOO_MUCH = {
    "depth": DEEP,
    "fields": BOMB + "fragment F90 on Query { __typename }",
    "aliases": "{ " + "".join(f"a{n}: __typename " for n in range(201)) + "}",
    "directives": "{ " + "__typename @skip(if: true) " * 101 + "}",
    "spreads": "{ " + "... { __typename } " * 201 + "}",
    "values": "{ nodes(ids: [" + '"a", ' * 1_001 + "]) { id } }",
    "operations": "".join(f"query Q{n} {{ __typename }} " for n in range(51)),
    "comparisons": REPEATED,
}


def measured(query: str, **variables: Any) -> int:
    """The cost of a document's one operation."""
    document = parse(query)
    operation: Any = document.definitions[0]
    return Meter(core, document, variables).operation(operation).cost


@pytest.mark.parametrize("limit", TOO_MUCH)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
def test_a_document_that_asks_for_too_much_is_refused_with_the_measure(limit: str, accept: str, status: int) -> None:
    response = post({"query": TOO_MUCH[limit]}, Accept=accept)
    assert (response.status_code, code(response)) == (status, "QUERY_TOO_COMPLEX")
    (error,) = body(response)["errors"]
    assert error["extensions"]["limit"] == limit
    assert error["extensions"]["measured"] > error["extensions"]["allowed"] > 0
    assert str(error["extensions"]["allowed"]) in error["message"]


def test_many_fragments_with_the_same_field_are_refused_before_they_are_compared() -> None:
    assert body(post({"query": SPREAD}))["errors"][0]["extensions"]["limit"] == "comparisons"


def test_fragments_that_nobody_spreads_count_as_well() -> None:
    query = "{ __typename } fragment F on Query { " + "me { id } " * 490 + "}"
    assert body(post({"query": query}))["errors"][0]["extensions"]["limit"] == "comparisons"


def test_fragments_in_a_circle_are_told_so() -> None:
    query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    assert "within itself" in body(post({"query": query}))["errors"][0]["message"]


@pytest.mark.parametrize("limit", ["depth", "cost"])
def test_introspection_is_free_of_depth_and_cost(limit: str, settings: LazySettings) -> None:
    settings.QUERY_LIMITS = {**settings.QUERY_LIMITS, limit: 1}
    query = get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True)
    assert body(post({"query": query}))["data"]["__schema"]


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{ __typename }", {}, 0),
        ("{ me { id name } }", {}, 1),
        ("{ products { nodes { id } } }", {}, 1 + 20),
        ("{ products(first: 3) { nodes { category { id } } pageInfo { endCursor } totalCount } }", {}, 1 + 3 * 2 + 1),
        ("{ products(last: 7) { edges { node { id } } } }", {}, 1 + 7 * 2),
        ("{ products(first: 1000000) { nodes { id } } }", {}, 1 + 100),
        ("query ($n: Int) { products(first: $n) { nodes { id } } }", {"n": 5}, 1 + 5),
        ("query ($n: Int) { products(first: $n) { nodes { id } } }", {}, 1 + 20),
        ("query ($n: Int) { products(first: $n) { nodes { id } } }", {"n": True}, 1 + 20),
        ("query ($n: Int = 9) { products(first: $n) { nodes { id } } }", {}, 1 + 9),
        (
            "query ($n: Int) { products(first: $n) { ...P } } fragment P on ProductConnection { nodes { id } }",
            {"n": 2},
            3,
        ),
        ("{ categories { products(first: 9) { nodes { id } } } }", {}, 100 * (1 + 1 + 9)),
        ("{ orders(first: 2) { nodes { lines { id } } } }", {}, 1 + 2 * (1 + 10)),
        ('{ nodes(ids: ["a", "b"]) { id } }', {}, 2),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 4}, 4),
        ("mutation { a: logout { __typename } b: logout { __typename } }", {}, 200),
    ],
)
def test_the_cost_is_about_one_for_each_object(query: str, variables: dict[str, Any], expected: int) -> None:
    assert measured(query, **variables) == expected


@pytest.mark.parametrize("size", [100, 100.0])
def test_a_page_size_in_a_variable_counts(size: float, settings: LazySettings) -> None:
    settings.QUERY_LIMITS = {**settings.QUERY_LIMITS, "cost": 50}
    request = {"query": "query ($n: Int) { products(first: $n) { nodes { id } } }", "variables": {"n": size}}
    for accept, status in [(GRAPHQL, 400), (JSON, 200)]:
        response = post(request, Accept=accept)
        assert (response.status_code, code(response)) == (status, "QUERY_TOO_COMPLEX")
        assert body(response)["errors"][0]["extensions"]["measured"] == 101


@pytest.mark.django_db
def test_the_cost_is_told_to_those_who_ask() -> None:
    query = "query ($n: Int) { products(first: $n) { nodes { id } } }"
    for number in (1, 4):
        request = {"query": query, "variables": {"n": number}, "extensions": {"cost": True}}
        assert body(post(request))["extensions"] == {"cost": {"requested": number + 1, "allowed": 10_000}}
    assert "extensions" not in body(post({"query": query}))
