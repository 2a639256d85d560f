"""Inputs whose rules the schema's types alone cannot tell."""

from __future__ import annotations

from typing import Any

import pytest

from domains.accounts.models import User
from domains.products.models import Product
from tests.api import Api
from tests.schema.wire import code, post

PRODUCT = "query ($by: ProductBy!) { product(by: $by) { id } }"
RESULT = "{ __typename ... on ValidationError { fields { path code } } }"
CREATE = f"mutation ($input: CreateProductInput!) {{ createProduct(input: $input) {RESULT} }}"
CREATE_FOR = f"""mutation ($price: Decimal!) {{
    createProduct(input: {{sku: "JUG", name: "Jug", price: $price}}) {RESULT} }}"""

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("by", ["{}", '{sku: "a", slug: "b"}', "{sku: null}"])
def test_a_lookup_names_exactly_one_thing(by: str) -> None:
    assert code(post({"query": f"{{ product(by: {by}) {{ id }} }}"})) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("by", [{}, {"sku": "a", "slug": "b"}, {"sku": None}], ids=str)
def test_a_lookup_in_a_variable_names_exactly_one_thing(by: dict[str, Any], nobody: Api) -> None:
    assert nobody.code(PRODUCT, {"by": by}) == "BAD_USER_INPUT"


@pytest.mark.parametrize(("price", "code"), [("12,50", "INVALID"), ("", "INVALID"), (None, "REQUIRED")], ids=str)
@pytest.mark.parametrize("whole", [True, False], ids=["in the input", "by itself"])
def test_a_decimal_that_is_none_is_a_problem_of_its_field(
    staff: Api, customer: User, price: str | None, code: str, whole: bool
) -> None:
    fields = {"sku": "JUG", "name": "Jug", "price": price}
    query, sent = (CREATE, {"input": fields}) if whole else (CREATE_FOR, {"price": price})
    [problem] = staff.data(query, sent)["createProduct"]["fields"]
    assert (problem["path"], problem["code"]) == (["input", "price"], code)
    assert not Product.objects.exists()
    assert Api(customer).code(query, sent) == "FORBIDDEN"


def test_every_refused_null_of_a_cart_is_told(staff: Api) -> None:
    query = f"mutation ($input: CreateOrderInput!) {{ createOrder(input: $input) {RESULT} }}"
    line = {"productId": None, "quantity": None}
    for sent, paths in (
        ({"lines": [line], "paymentMethod": None}, ["lines.0.productId", "lines.0.quantity", "paymentMethod"]),
        ({"lines": None, "paymentMethod": "x", "idempotencyKey": None}, ["lines", "idempotencyKey"]),
        ({"lines": [None], "paymentMethod": None}, ["lines.0", "paymentMethod"]),
        (
            {"lines": [], "paymentMethod": "x", "delivery": {"methodId": None, "address": None}},
            ["delivery.methodId", "delivery.address"],
        ),
    ):
        fields = {"idempotencyKey": "0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f", **sent}
        problems = staff.data(query, {"input": fields})["createOrder"]["fields"]
        assert {".".join(problem["path"]) for problem in problems} == {f"input.{path}" for path in paths}
        assert {problem["code"] for problem in problems} == {"REQUIRED"}


def test_what_is_no_form_field_stays_a_fault_of_the_request(staff: Api) -> None:
    """More than one mutation, a result without ValidationError, another type."""
    fields = {"sku": "JUG", "name": "Jug", "price": "12,50"}
    twice = f"mutation ($input: CreateProductInput!) {{ a: createProduct(input: $input) {RESULT} __typename }}"
    assert staff.code(twice, {"input": fields}) == "BAD_USER_INPUT"
    assert staff.code(CREATE, {"input": {**fields, "price": "1", "stock": "many"}}) == "BAD_USER_INPUT"
    cancel = "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }"
    assert staff.code(cancel, {"input": {"orderId": None}}) == "BAD_USER_INPUT"
