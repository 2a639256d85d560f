"""What one document may ask for: counted before it is validated, in time that is linear in its length."""

from __future__ import annotations

from math import ceil
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from graphql import get_introspection_query, parse

from schema.cost import Meter
from schema.merge import core
from tests.api import Api
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
    return Meter(core, document, variables).operation(operation).price


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


READ, COUNT, SEARCH, RANKING, ROW, OBJECT, ID = 60, 500, 2_000, 4_000, 1, 0.4, 0.25
PAGED = ROW + 0.6
SEARCHED = "query ($f: ProductFilter, $s: String) { products(first: 0, filter: %s) { totalCount } }"
RANKED = """query ($s: ProductSortField, $o: ProductSort) {
    products(first: 0, filter: {search: "a"}, sort: %s) { totalCount } }"""


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{ __typename }", {}, 0.1),
        ("{ me { id name } }", {}, READ + ROW + ID + 0.1),
        ("{ products { nodes { id a: createdAt b: slug } } }", {}, READ + OBJECT + 20 * (PAGED + ID + 0.15 + 0.1)),
        (
            "{ products(first: 3) { nodes { category { id } price { amount } } pageInfo { endCursor } totalCount } }",
            {},
            READ + OBJECT + 3 * (PAGED + ROW + ID + OBJECT + 0.1) + OBJECT + 0.1 + COUNT + 0.1,
        ),
        ("{ products(last: 7) { edges { node { id } } } }", {}, READ + OBJECT + 7 * (OBJECT + PAGED + ID)),
        ("{ products(first: 1000000) { nodes { id } } }", {}, READ + OBJECT + 100 * (PAGED + ID)),
        ("query ($n: Int) { products(first: $n) { nodes { id } } }", {"n": 5}, READ + OBJECT + 5 * (PAGED + ID)),
        ("query ($n: Int) { products(first: $n) { nodes { id } } }", {}, READ + OBJECT + 20 * (PAGED + ID)),
        ("query ($n: Int) { products(first: $n) { nodes { id } } }", {"n": True}, READ + OBJECT + 20 * (PAGED + ID)),
        ("query ($n: Int = 9) { products(first: $n) { nodes { id } } }", {}, READ + OBJECT + 9 * (PAGED + ID)),
        (
            "query ($n: Int) { products(first: $n) { ...P } } fragment P on ProductConnection { nodes { id } }",
            {"n": 2},
            READ + OBJECT + 2 * (PAGED + ID),
        ),
        (
            "{ categories { products(first: 9) { nodes { id } } } }",
            {},
            READ + READ + 500 * (ROW + OBJECT + 9 * (PAGED + ID)),
        ),
        ("{ orders(first: 2) { nodes { lines { id } } } }", {}, READ + OBJECT + 2 * (PAGED + 100 * (ROW + ID))),
        ("{ me { auditEvents { id } sessions { id } } }", {}, READ + ROW + 2 * 100 * (ROW + ID)),
        ('{ nodes(ids: ["a", "b"]) { id } }', {}, READ + 2 * (ROW + ID)),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 4}, READ + 4 * (ROW + ID)),
        ("mutation { a: logout { __typename } b: logout { __typename } }", {}, 2 * (300 + OBJECT + 0.1)),
        (SEARCHED % '{search: "a"}', {}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH),
        (SEARCHED % "$f", {"f": {"search": "a"}}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH),
        (SEARCHED % "{search: $s}", {"s": "a"}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH),
        (SEARCHED % "{search: $s}", {"s": ""}, READ + OBJECT + COUNT + 0.1),
        (SEARCHED % "$f", {"f": {"search": None, "inStock": True}}, READ + OBJECT + COUNT + 0.1),
        (SEARCHED % "{search: null}", {}, READ + OBJECT + COUNT + 0.1),
        (RANKED % "{field: RELEVANCE}", {}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH + RANKING),
        (RANKED % "{field: $s}", {"s": "RELEVANCE"}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH + RANKING),
        (RANKED % "$o", {"o": {"field": "RELEVANCE"}}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH + RANKING),
        (RANKED % "{field: NAME}", {}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH),
        (RANKED % "$o", {"o": {"field": ["RELEVANCE"]}}, READ + OBJECT + COUNT + 0.1 + 2 * SEARCH),
    ],
)
def test_the_cost_is_of_objects_leaves_and_what_is_read_for_them(
    query: str, variables: dict[str, Any], expected: float
) -> None:
    assert measured(query, **variables) == ceil(round(expected, 3))


HONEST = {
    "100 products": """{ products(first: 100) { nodes { id sku slug name description stock active version createdAt
        updatedAt price { amount currencyCode } category { id name slug } } pageInfo { hasNextPage endCursor } } }""",
    "20 orders": """{ orders(first: 20) { nodes { id number status createdAt total { amount currencyCode }
        lines { id productName sku quantity unitPrice { amount } total { amount }
        product { id name slug price { amount } } } } } }""",
    "a searched page": """{ products(first: 20, filter: {search: "jug"}) { totalCount nodes { id name slug
        price { amount currencyCode } category { name } } pageInfo { hasNextPage endCursor } } }""",
}


@pytest.mark.parametrize("page", HONEST)
def test_an_honest_page_costs_less_than_half_of_what_is_allowed(page: str, settings: LazySettings) -> None:
    assert measured(HONEST[page]) < settings.QUERY_LIMITS["cost"] / 2


LEAVES = " ".join(f"a{n}: description" for n in range(195))
TOO_DEAR = {
    "leaves in lists": f"{{ products(first: 95) {{ nodes {{ category {{ products(first: 100) {{ nodes {{ {LEAVES} }}"
    " } } } } }",
    "counts": "{ " + " ".join(f"a{n}: products(first: 0) {{ totalCount }}" for n in range(200)) + " }",
    "searches": "{ " + " ".join(f'a{n}: products(filter: {{search: "a"}}) {{ __typename }}' for n in range(60)) + " }",
}


@pytest.mark.parametrize("document", TOO_DEAR)
def test_what_took_seconds_is_refused_before_it_runs(document: str) -> None:
    assert body(post({"query": TOO_DEAR[document]}))["errors"][0]["extensions"]["limit"] == "cost"


def test_more_orders_than_a_document_may_place_are_refused_and_none_is_placed(api: Api) -> None:
    key = uuid4()
    order = f'createOrder(input: {{lines: [], paymentMethod: "pm", idempotencyKey: "{key}"}}) {{ __typename }}'
    document = "mutation { %s ...M } fragment M on Mutation { %s }"
    few, many = (document % (order, " ".join(f"a{n}: {order}" for n in range(count))) for count in (9, 10))
    assert len(api.data(few)) == 10
    refused = api.post(many)
    assert "data" not in refused
    told = {name: refused["errors"][0]["extensions"][name] for name in ("code", "limit", "measured", "allowed")}
    assert told == {"code": "QUERY_TOO_COMPLEX", "limit": "createOrder", "measured": 11, "allowed": 10}


@pytest.mark.parametrize("size", [100, 100.0])
def test_a_page_size_in_a_variable_counts(size: float, settings: LazySettings) -> None:
    settings.QUERY_LIMITS = {**settings.QUERY_LIMITS, "cost": 100}
    request = {"query": "query ($n: Int) { products(first: $n) { nodes { id } } }", "variables": {"n": size}}
    for accept, status in [(GRAPHQL, 400), (JSON, 200)]:
        response = post(request, Accept=accept)
        assert (response.status_code, code(response)) == (status, "QUERY_TOO_COMPLEX")
        assert body(response)["errors"][0]["extensions"]["measured"] == 246


@pytest.mark.django_db
def test_the_cost_is_told_to_those_who_ask() -> None:
    query = "query ($n: Int) { products(first: $n) { nodes { id } } }"
    for number, cost in ((1, 63), (5, 70)):
        request = {"query": query, "variables": {"n": number}, "extensions": {"cost": True}}
        assert body(post(request))["extensions"] == {"cost": {"requested": cost, "allowed": 25_000}}
    assert "extensions" not in body(post({"query": query}))


@pytest.mark.django_db
def test_a_quote_costs_what_its_lines_cost() -> None:
    def cost(lines: int, selection: str) -> int:
        query = f"query ($input: OrderQuoteInput!) {{ orderQuote(input: $input) {{ {selection} }} }}"
        sent = {"input": {"lines": [{"productId": "x", "quantity": 1}] * lines}}
        told = body(post({"query": query, "variables": sent, "extensions": {"cost": True}}))["extensions"]
        return int(told["cost"]["requested"])

    total, named = "total { amount }", "lines { product { name } }"
    assert cost(100, total) - cost(1, total) == 99 * 2
    assert cost(101, named) - cost(1, named) == 100 * (2 + 0.4 + 1 + 0.1)
