"""Categories, and the products in each of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from domains.products.models import Category, Product
from tests.api import Api, gid
from tests.benchmarks.seeding.rows import moment
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

CATEGORY = """query (
    $slug: String!, $first: Int, $after: String, $last: Int, $filter: ProductFilter, $sort: ProductSort
) {
    category(slug: $slug) { products(first: $first, after: $after, last: $last, filter: $filter, sort: $sort) {
        nodes { sku } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""
SHOP = """{ categories { slug products(first: 2, sort: {field: PRICE}) {
    totalCount nodes { sku category { slug } } pageInfo { hasNextPage } } } }"""


def stocked(*prices: int, **fields: Any) -> Category:
    category = CategoryFactory.create(**fields)
    for price in prices:
        ProductFactory.create(category=category, price=price, sku=f"{category.slug}-{price}", created_at=moment(price))
    return category


def on(api: Api, slug: str, **arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.data(CATEGORY, {"slug": slug, **arguments})["category"]["products"]
    return answer


def skus(answer: dict[str, Any]) -> list[str]:
    return [node["sku"] for node in answer["nodes"]]


def test_categories_are_public_and_sorted_by_name(nobody: Api) -> None:
    for name in ("Kitchen", "Bath", "Garden"):
        CategoryFactory.create(name=name)
    answer = nobody.data("{ categories { name } }")
    assert [category["name"] for category in answer["categories"]] == ["Bath", "Garden", "Kitchen"]


def test_a_category_is_found_by_its_slug_or_id(nobody: Api) -> None:
    category = CategoryFactory.create(name="Kitchen", slug="kitchen")
    query = """query ($id: ID!) { category(slug: "kitchen") { id name } node(id: $id) { ... on Category { name } }
        absent: category(slug: "absent") { id } }"""
    assert nobody.data(query, {"id": gid(category)}) == {
        "category": {"id": gid(category), "name": "Kitchen"},
        "node": {"name": "Kitchen"},
        "absent": None,
    }


def test_the_products_of_a_category_come_in_pages_newest_first(nobody: Api) -> None:
    stocked(1, 2, 3, slug="a")
    stocked(9, slug="b")
    first = on(nobody, "a", first=2)
    assert skus(first) == ["a-3", "a-2"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    rest = on(nobody, "a", first=2, after=first["pageInfo"]["endCursor"])
    assert skus(rest) == ["a-1"]
    assert (rest["totalCount"], rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (
        3,
        False,
        True,
    )
    assert skus(on(nobody, "a", last=1)) == ["a-1"]


def test_the_products_of_a_category_are_filtered_and_sorted(nobody: Api) -> None:
    stocked(1, 2, 3, slug="a")
    answer = on(nobody, "a", filter={"priceMin": "0.02"}, sort={"field": "PRICE", "direction": "ASC"})
    assert (skus(answer), answer["totalCount"]) == (["a-2", "a-3"], 2)


def test_a_category_counts_only_what_the_viewer_may_see(nobody: Api, staff: Api) -> None:
    stocked(1, 2, slug="a")
    Product.objects.filter(sku="a-1").update(active=False)
    assert (skus(on(nobody, "a")), on(nobody, "a")["totalCount"]) == (["a-2"], 1)
    assert on(staff, "a")["totalCount"] == 2


def test_an_empty_category_has_an_empty_page(nobody: Api) -> None:
    stocked(slug="a")
    assert (skus(on(nobody, "a")), on(nobody, "a")["totalCount"]) == ([], 0)


def test_each_category_gets_its_own_page(nobody: Api) -> None:
    for slug, prices in {"a": (3, 1, 2), "b": (), "c": (7,), "d": (5, 4)}.items():
        stocked(*prices, slug=slug, name=slug)
    pages = {category["slug"]: category["products"] for category in nobody.data(SHOP)["categories"]}
    assert {slug: skus(page) for slug, page in pages.items()} == {
        "a": ["a-1", "a-2"],
        "b": [],
        "c": ["c-7"],
        "d": ["d-4", "d-5"],
    }
    assert [page["totalCount"] for page in pages.values()] == [3, 0, 1, 2]
    assert [page["pageInfo"]["hasNextPage"] for page in pages.values()] == [True, False, False, False]


def test_pages_from_the_end_are_batched_too(nobody: Api) -> None:
    stocked(1, 2, 3, slug="a", name="a")
    stocked(4, 5, slug="b", name="b")
    answer = nobody.data("{ categories { products(last: 2) { nodes { sku } } } }")
    assert [skus(category["products"]) for category in answer["categories"]] == [["a-2", "a-1"], ["b-5", "b-4"]]


def test_the_number_of_statements_does_not_grow_with_the_shelves(nobody: Api) -> None:
    stocked(1, 2, slug="a")
    stocked(1, slug="b")
    with CaptureQueriesContext(connection) as few:
        nobody.data(SHOP)
    for number in range(8):
        stocked(1, 2, 3, slug=f"more-{number}")
    with CaptureQueriesContext(connection) as many:
        nobody.data(SHOP)
    assert len(many) == len(few) <= 5


def test_counting_costs_nothing_where_it_is_not_asked_for(nobody: Api) -> None:
    stocked(1, slug="a")
    with CaptureQueriesContext(connection) as counted:
        nobody.data("{ categories { products { totalCount } } }")
    with CaptureQueriesContext(connection) as uncounted:
        nobody.data("{ categories { products { nodes { sku } } } }")
    assert len(uncounted) == len(counted) - 1
