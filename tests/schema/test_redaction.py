"""An error says which variable, field and type; it does not repeat the value, which may be a password."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from graphql import GraphQLError, NameNode, StringValueNode
from pytest_django import Settings

from domains.common.graphql.scalars import SafeError
from schema.redaction import UNFIT, message
from tests.schema.wire import body, post

LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
# In a fragment it is no form's: problems of its fields are faults of the request.
UPDATE = """mutation ($input: UpdateProductInput!) { ...All }
    fragment All on Mutation { updateProduct(input: $input) { __typename } }"""
ORDER = "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { __typename } }"
PRODUCT = "query ($by: ProductBy!) { product(by: $by) { id } }"
PRODUCTS = """query ($filter: ProductFilter, $sort: ProductSort, $first: Int) {
    products(filter: $filter, sort: $sort, first: $first) { nodes { id } } }"""
TRICK = "canary; at 'input.email'; Expected value; \"x\" \n' at 'x'"
CANARIES = ["canary", TRICK, "canary's"]


def refused(response: HttpResponse) -> str:
    """The only error's message; the answer holds no canary."""
    assert "canary" not in response.content.decode().lower()
    (error,) = body(response)["errors"]
    assert error["locations"]
    text: str = error["message"]
    return text


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize(
    ("document", "name", "value", "text"),
    [
        (LOGIN, "input", lambda c: c, "Variable '$input': Expected an object of type 'LoginInput'"),
        (LOGIN, "input", lambda c: [{"email": c}], "Variable '$input': Expected an object of type 'LoginInput'"),
        (LOGIN, "input", lambda c: {"password": c}, "Variable '$input': 'LoginInput' needs 'email'"),
        (
            LOGIN,
            "input",
            lambda c: {"email": [c], "password": c},
            "Variable '$input' at 'email': Expected a value of type 'String'",
        ),
        (
            LOGIN,
            "input",
            lambda c: {"email": {c: c}, "password": c},
            "Variable '$input' at 'email': Expected a value of type 'String'",
        ),
        (
            LOGIN,
            "input",
            lambda c: {"email": None, "password": c},
            "Variable '$input' at 'email': Expected a value of type 'String!', not null",
        ),
        (
            LOGIN,
            "input",
            lambda c: {"email": c, "password": c, "pasword": c},
            "Variable '$input': 'LoginInput' has no field 'pasword'",
        ),
        (
            LOGIN,
            "input",
            lambda c: {"email": c, "password": c, f"{c} ": c},
            "Variable '$input': 'LoginInput' has no field '?'",
        ),
        (
            UPDATE,
            "input",
            lambda c: {"productId": c, "expectedVersion": c},
            "Variable '$input' at 'expectedVersion': Expected a value of type 'Int'",
        ),
        (
            UPDATE,
            "input",
            lambda c: {"productId": c, "expectedVersion": 1, "price": c},
            "Variable '$input' at 'price': A Decimal is a string such as \"29.99\"",
        ),
        (
            UPDATE,
            "input",
            lambda c: {"productId": c, "expectedVersion": 1, "price": None},
            "Variable '$input' at 'price': It may be left out, but not null",
        ),
        (
            ORDER,
            "input",
            lambda c: {"lines": [{"productId": c, "quantity": c}], "paymentMethod": c, "idempotencyKey": c},
            None,
        ),
        (
            PRODUCT,
            "by",
            lambda c: {"slug": c, "sku": c},
            "Variable '$by': 'ProductBy' takes exactly one of its fields, and not null",
        ),
        (PRODUCTS, "first", lambda c: c, "Variable '$first': Expected a value of type 'Int'"),
        (PRODUCTS, "filter", lambda c: {"search": 1, "c": c}, None),
        (
            PRODUCTS,
            "sort",
            lambda c: {"field": c},
            "Variable '$sort' at 'field': Expected one of the values of 'ProductSortField'",
        ),
    ],
)
def test_a_variable_that_does_not_fit_is_not_repeated(
    document: str, name: str, value: Any, text: str | None, canary: str
) -> None:
    response = post({"query": document, "variables": {name: value(canary)}})
    if text is None:
        assert "canary" not in response.content.decode().lower()
        assert all(error["message"].startswith(f"Variable '${name}'") for error in body(response)["errors"])
    else:
        assert refused(response) == text


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ('{ product(by: "canary") { id } }', "Expected an object of type 'ProductBy'"),
        ("{ product(by: {slug: canary}) { id } }", "Expected a value of type 'String'"),
        ('{ product(by: {slug: "canary", sku: "canary"}) { id } }', "'ProductBy' takes exactly one of its fields, and"),
        ("{ product(by: {slug: null}) { id } }", "Expected a value of type 'String', not null"),
        ('{ product(by: {slug: {a: "canary"}}) { id } }', "Expected a value of type 'String'"),
        ('{ product(by: {slug: ["canary"]}) { id } }', "Expected a value of type 'String'"),
        ('{ products(first: "canary") { nodes { id } } }', "Expected a value of type 'Int'"),
        ('{ products(sort: {field: "canary"}) { nodes { id } } }', "Expected one of the values of 'ProductSortField'"),
        ("{ products(sort: {field: CANARY}) { nodes { id } } }", "Expected one of the values of 'ProductSortField'"),
        (
            '{ products(filter: {priceMin: "canary"}) { nodes { id } } }',
            "'filter.priceMin': A Decimal is a string such as \"29.99\"",
        ),
        ('{ products(filter: {priceMin: {a: "canary"}}) { nodes { id } } }', 'A Decimal is a string such as "29.99"'),
        (
            'query ($first: Int = "canary") { products(first: $first) { nodes { id } } }',
            "Expected a value of type 'Int'",
        ),
        ('{ me @skip(if: "canary") { id } }', "Expected a value of type 'Boolean'"),
        ('mutation { login(input: {email: "canary"}) { __typename } }', "'LoginInput' needs 'password'"),
        ('{ me "canary" }', "Syntax Error: unexpected String"),
        ('{ me """canary""" }', "Syntax Error: unexpected BlockString"),
        ('{ me { id } } "canary', "Syntax Error: unexpected characters"),
        ("{ me(canary) }", "Syntax Error: unexpected )"),
        ("{ a: canary: canary }", "Syntax Error: unexpected :"),
        ("{ me { id }", "Syntax Error: unexpected end of the document"),
        ('{ product(by: {slug: "canary\\q"}) { id } }', "Syntax Error: unexpected characters"),
        ("{ products(first: 1canary) { nodes { id } } }", "Syntax Error: unexpected characters"),
    ],
)
def test_a_literal_that_does_not_fit_is_not_repeated(document: str, text: str) -> None:
    assert refused(post({"query": document})).startswith(text)


def test_an_argument_that_does_not_fit_only_with_its_variables_is_not_repeated() -> None:
    document = (
        "query ($first: Int = 1, $d: Decimal) { products(first: $first, filter: {priceMin: $d}) { nodes { id } } }"
    )
    text = refused(post({"query": document, "variables": {"d": "canary"}}))
    assert text == "Variable '$d': A Decimal is a string such as \"29.99\""


def test_a_library_that_words_its_errors_otherwise_cannot_open_it_again() -> None:
    """Any error that points at a literal loses its words, whatever they are."""
    literal = StringValueNode(value="canary")
    assert message(GraphQLError("Nobody can read canary!", nodes=[literal])) == UNFIT
    assert message(SafeError("This is ours", nodes=[literal])) == "This is ours"
    assert message(GraphQLError("Cannot query field 'nope'", nodes=[NameNode(value="nope")])).endswith("'nope'")


def test_suggestions_come_only_with_introspection(settings: Settings) -> None:
    document = {"query": "{ products { nodes { nam } } }"}
    assert "Did you mean 'name'?" in body(post(document))["errors"][0]["message"]
    settings.INTROSPECTION = False
    assert "name'" not in body(post(document))["errors"][0]["message"]


@pytest.mark.parametrize("words", [" cannot represent x", "Value '", "found Strings", "Expected value of type "])
def test_a_long_literal_full_of_words_of_an_error_is_read_once(words: str) -> None:
    """Looking for others behind each of them takes seconds, in which the whole process stands still."""
    document = f'{{ me "{words * (90_000 // len(words))}" }}'
    assert refused(post({"query": document})) == "Syntax Error: unexpected String"


@pytest.mark.parametrize("words", [" cannot represent ", "Value '", " Did you mean ", "a"])
def test_a_long_key_that_is_no_field_is_not_repeated(words: str) -> None:
    key = words * (900_000 // len(words))
    response = post({"query": LOGIN, "variables": {"input": {"email": "a", "password": "b", key: 1}}})
    assert refused(response) == "Variable '$input': 'LoginInput' has no field '?'"
