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


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('sku: "JUG", name: "Jug", price: "12,50"', {("input.price", "INVALID")}),
        (
            'sku: $sku, name: null, price: "12,50", description: $absent',
            {("input.name", "REQUIRED"), ("input.price", "INVALID")},
        ),
    ],
)
def test_what_the_document_has_in_place_of_a_value_is_a_problem_of_its_field(
    staff: Api, customer: User, written: str, expected: set[tuple[str, str]]
) -> None:
    uses = "($sku: String!, $absent: String)" if "$" in written else ""
    query = f"mutation {uses} {{ createProduct(input: {{{written}}}) {RESULT} }}"
    problems = staff.data(query, {"sku": "JUG"})["createProduct"]["fields"]
    assert {(".".join(problem["path"]), problem["code"]) for problem in problems} == expected
    assert Api(customer).code(query, {"sku": "JUG"}) == "FORBIDDEN"


def test_mutations_beside_one_that_is_refused_are_carried_out(staff: Api) -> None:
    """The refused one answers its problems, whether they are in variables or in the document."""
    query = f"""mutation ($bad: CreateProductInput!, $good: CreateProductInput!) {{ __typename
        one: createProduct(input: $bad) {RESULT} two: createProduct(input: $good) {RESULT}
        three: createProduct(input: {{sku: "POT", name: "Pot", price: "1,5"}}) {RESULT}
        four: createProduct(input: $bad) {RESULT} }}"""
    bad, good = ({"sku": sku, "name": "Jug", "price": price} for sku, price in (("JUG", None), ("MUG", "1.50")))
    answer = staff.data(query, {"bad": bad, "good": good})
    assert answer.pop("__typename") == "Mutation"
    told = {key: [field["code"] for field in result.get("fields", ())] for key, result in answer.items()}
    assert told == {"one": ["REQUIRED"], "two": [], "three": ["INVALID"], "four": ["REQUIRED"]}
    assert [product.sku for product in Product.objects.all()] == ["MUG"]


def test_what_is_no_form_field_stays_a_fault_of_the_request(staff: Api) -> None:
    """A variable that something else uses as well, a result without ValidationError, another type, a query."""
    fields = {"sku": "JUG", "name": "Jug", "price": "12,50"}
    both = f"""mutation ($sku: String!) {{ createProduct(input: {{sku: $sku, name: "Jug", price: "1"}}) {RESULT}
        cancelOrder(input: {{orderId: "x", reason: $sku}}) {{ __typename }} }}"""
    assert staff.code(both, {"sku": None}) == "BAD_USER_INPUT"
    assert staff.code(CREATE, {"input": {**fields, "price": "1", "stock": "many"}}) == "BAD_USER_INPUT"
    cancel = "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }"
    assert staff.code(cancel, {"input": {"orderId": None}}) == "BAD_USER_INPUT"
    (error,) = staff.post("mutation { cancelOrder(input: {orderId: null}) { __typename } }")["errors"]
    assert (error["extensions"]["code"], error["message"][:16]) == ("BAD_USER_INPUT", "'input.orderId':")
    (error,) = staff.post(f"mutation {{ createProduct(input: null) {RESULT} }}")["errors"]
    assert (error["extensions"]["code"], error["message"][:8]) == ("BAD_USER_INPUT", "'input':")
    (error,) = staff.post('{ products(filter: {priceMin: "1,5"}) { totalCount } }')["errors"]
    assert (error["extensions"]["code"], error["message"][:18]) == ("BAD_USER_INPUT", "'filter.priceMin':")
    other = f'mutation {{ createProduct(input: {{sku: "J", name: "J", price: "1,5", stock: "many"}}) {RESULT} }}'
    assert staff.code(other) == "GRAPHQL_VALIDATION_FAILED"


def test_a_null_in_a_variable_that_may_only_be_left_out_is_a_problem_of_its_field(staff: Api, customer: User) -> None:
    call = f'updateCategory(input: {{categoryId: "", name: $name}}) {RESULT}'
    query, sent = f"mutation ($name: String) {{ {call} }}", {"name": None}
    assert staff.data(query, sent)["updateCategory"]["fields"] == [{"path": ["input", "name"], "code": "REQUIRED"}]
    assert Api(customer).code(query, sent) == "FORBIDDEN"
    assert staff.code(f"mutation ($name: String = null) {{ {call} }}") == "BAD_USER_INPUT"
    in_fragment = f"mutation ($name: String) {{ ...Renaming }} fragment Renaming on Mutation {{ {call} }}"
    assert staff.code(in_fragment, sent) == "BAD_USER_INPUT"
