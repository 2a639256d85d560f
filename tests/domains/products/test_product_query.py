"""Looking one product up, and who sees what is not for sale."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from domains.products.models import Product
from tests.api import Api, gid
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

PRODUCT = """query ($by: ProductBy!) { product(by: $by) {
    id sku slug name description stock active version price { amount currencyCode } category { slug } } }"""
SEEN = """query ($id: ID!, $slug: String!) {
    product(by: {slug: $slug}) { id } node(id: $id) { id } nodes(ids: [$id]) { id } products { totalCount } }"""


def found(api: Api, **by: Any) -> Any:
    return api.data(PRODUCT, {"by": by})["product"]


def test_a_product_is_found_by_id_slug_or_sku(nobody: Api) -> None:
    category = CategoryFactory.create(slug="kitchen")
    product = ProductFactory.create(
        sku="JUG-1", slug="blue-jug", name="Blue Jug", price=1250, stock=3, category=category
    )
    ProductFactory.create()
    assert found(nobody, id=gid(product)) == {
        "id": gid(product),
        "sku": "JUG-1",
        "slug": "blue-jug",
        "name": "Blue Jug",
        "description": "Made of oak.",
        "stock": 3,
        "active": True,
        "version": 1,
        "price": {"amount": "12.50", "currencyCode": "GBP"},
        "category": {"slug": "kitchen"},
    }
    assert found(nobody, slug="blue-jug") == found(nobody, sku="JUG-1") == found(nobody, id=gid(product))


def test_a_product_may_stand_on_no_shelf(nobody: Api) -> None:
    product = ProductFactory.create(category=None)
    assert found(nobody, sku=product.sku)["category"] is None


def test_the_tax_rate_is_the_products_own_or_that_of_the_shop(nobody: Api, settings: Settings) -> None:
    settings.STORE_TAX_RATE = Decimal("19.00")
    own = [ProductFactory.create(tax_rate=rate).sku for rate in (None, Decimal("5.5"), Decimal(0))]
    query = "query ($by: ProductBy!) { product(by: $by) { taxRate } }"
    shown = [nobody.data(query, {"by": {"sku": sku}})["product"]["taxRate"] for sku in own]
    assert shown == ["19.00", "5.50", "0.00"]


def test_what_is_not_there_is_null(nobody: Api) -> None:
    category = CategoryFactory.create()
    ProductFactory.create(sku="JUG-1", category=category)
    for by in (
        {"id": gid(category)},
        {"id": "garbage"},
        {"id": ""},
        {"slug": "absent"},
        {"slug": ""},
        {"sku": "jug-1"},
        {"sku": ""},
    ):
        assert found(nobody, **by) is None, by


@pytest.mark.parametrize("by", [{}, {"slug": "a", "sku": "b"}, {"slug": "a", "id": None}, {"sku": None}], ids=str)
def test_a_product_is_named_by_exactly_one_key(nobody: Api, by: dict[str, Any]) -> None:
    assert nobody.code(PRODUCT, {"by": by}) == "BAD_USER_INPUT"


def test_two_keys_in_the_document_are_a_validation_error(nobody: Api) -> None:
    assert nobody.code('{ product(by: {slug: "a", sku: "b"}) { id } }') == "GRAPHQL_VALIDATION_FAILED"


def test_what_is_not_for_sale_is_seen_by_staff_alone(nobody: Api, api: Api, staff: Api) -> None:
    product = ProductFactory.create(active=False)
    variables = {"id": gid(product), "slug": product.slug}
    hidden = {"product": None, "node": None, "nodes": [None], "products": {"totalCount": 0}}
    assert nobody.data(SEEN, variables) == api.data(SEEN, variables) == hidden
    row = {"id": gid(product)}
    assert staff.data(SEEN, variables) == {"product": row, "node": row, "nodes": [row], "products": {"totalCount": 1}}


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1250"), ("KWD", "1.250"), ("GBP", "12.50")])
def test_prices_have_the_decimals_of_the_shops_currency(
    nobody: Api, settings: Settings, currency: str, amount: str
) -> None:
    settings.STORE_CURRENCY = currency
    product = ProductFactory.create(price=1250)
    assert found(nobody, sku=product.sku)["price"] == {"amount": amount, "currencyCode": currency}


def test_each_product_in_a_list_shows_its_own_shelf(nobody: Api) -> None:
    ProductFactory.create_batch(3)
    answer = nobody.data("{ products { nodes { sku category { name } } } }")
    names = {node["sku"]: node["category"]["name"] for node in answer["products"]["nodes"]}
    assert names == {row.sku: row.category.name for row in Product.objects.select_related("category") if row.category}
