"""The catalogue is changed by staff alone; that is judged before the input is looked at."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domains.products.models import Category, Product
from tests.api import Api, gid
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

GOOD: dict[str, dict[str, Any]] = {
    "createProduct": {"sku": "JUG-1", "name": "Jug", "price": "1"},
    "updateProduct": {"productId": "x", "name": "Jug"},
    "adjustStock": {"productId": "x", "delta": 1, "reason": "found", "idempotencyKey": str(uuid4())},
    "createCategory": {"name": "Kitchen"},
    "updateCategory": {"categoryId": "x", "name": "Kitchen"},
    "deleteCategory": {"categoryId": "x"},
}
BAD: dict[str, dict[str, Any]] = {
    "createProduct": {"sku": "", "name": "", "price": "-1"},
    "updateProduct": {"productId": "", "name": ""},
    "adjustStock": {"productId": "", "delta": 0, "reason": "", "idempotencyKey": str(uuid4())},
    "createCategory": {"name": ""},
    "updateCategory": {"categoryId": "", "name": ""},
    "deleteCategory": {"categoryId": ""},
}


@pytest.mark.parametrize("mutation", GOOD)
@pytest.mark.parametrize("inputs", [GOOD, BAD], ids=["good", "bad"])
def test_customers_are_forbidden_and_nobody_is_asked_to_sign_in(
    api: Api, nobody: Api, mutation: str, inputs: dict[str, dict[str, Any]]
) -> None:
    product = ProductFactory.create(name="Old")
    fields = {**inputs[mutation]}
    if fields.get("productId") == "x":
        fields["productId"] = gid(product)
    name = f"{mutation[0].upper()}{mutation[1:]}"
    query = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename }} }}"
    assert api.code(query, {"input": fields}) == "FORBIDDEN"
    assert nobody.code(query, {"input": fields}) == "UNAUTHENTICATED"
    assert list(Product.objects.values_list("name", "stock")) == [("Old", 10)]
    assert Category.objects.count() == 1
