"""Inputs whose rules the schema's types alone cannot tell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import Api, gid
from tests.factories import ProductFactory
from tests.schema.wire import code, post

PRODUCT = "query ($by: ProductBy!) { product(by: $by) { id } }"
UPDATE = "mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { __typename } }"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("by", ["{}", '{sku: "a", slug: "b"}', "{sku: null}"])
def test_a_lookup_names_exactly_one_thing(by: str) -> None:
    assert code(post({"query": f"{{ product(by: {by}) {{ id }} }}"})) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("by", [{}, {"sku": "a", "slug": "b"}, {"sku": None}], ids=str)
def test_a_lookup_in_a_variable_names_exactly_one_thing(by: dict[str, Any], nobody: Api) -> None:
    assert nobody.code(PRODUCT, {"by": by}) == "BAD_USER_INPUT"


def test_null_for_what_may_only_be_absent_is_bad_input_in_words_for_clients(staff: Api) -> None:
    given = {"productId": gid(ProductFactory.create()), "expectedVersion": 1, "name": None}
    (error,) = staff.post(UPDATE, {"input": given})["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "Maybe" not in error["message"]
