"""Filters: each condition narrows the list, all of them must hold, and null counts as not given."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import Api, gid
from tests.benchmarks.seeding.rows import moment
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

QUERY = """query ($filter: ProductFilter, $sort: ProductSort) {
    products(filter: $filter, sort: $sort) { nodes { sku } totalCount } }"""


@pytest.fixture
def shelves() -> dict[str, str]:
    """Ids of two shelves: three products on the first, one on the second and one on none."""
    first, second = CategoryFactory.create_batch(2)
    ProductFactory.create(sku="A", price=100, stock=5, category=first, created_at=moment(1))
    ProductFactory.create(sku="B", price=200, stock=0, category=first, created_at=moment(2))
    ProductFactory.create(sku="C", price=300, stock=5, category=first, created_at=moment(3), active=False)
    ProductFactory.create(sku="D", price=300, stock=5, category=second, created_at=moment(4))
    ProductFactory.create(sku="E", price=400, stock=1, category=None, created_at=moment(5))
    return {"first": gid(first), "second": gid(second)}


def listed(api: Api, filter: dict[str, Any] | None, sort: dict[str, str] | None = None) -> str:
    answer = api.data(QUERY, {"filter": filter, "sort": sort})["products"]
    skus = "".join(node["sku"] for node in answer["nodes"])
    assert answer["totalCount"] == len(skus)
    return skus


@pytest.mark.parametrize(
    ("filter", "skus"),
    [
        (None, "EDBA"),
        ({}, "EDBA"),
        ({"priceMin": None, "categoryIds": None, "inStock": None, "active": None, "createdAfter": None}, "EDBA"),
        ({"priceMin": "2.00"}, "EDB"),
        ({"priceMax": "2.00"}, "BA"),
        ({"priceMin": "2", "priceMax": "3"}, "DB"),
        ({"priceMin": "3", "priceMax": "2"}, ""),
        ({"inStock": True}, "EDA"),
        ({"inStock": False}, "B"),
        ({"active": True}, "EDBA"),
        ({"active": False}, ""),
        ({"createdAfter": "2026-01-01T00:00:02Z"}, "ED"),
        ({"createdBefore": "2026-01-01T00:00:02Z"}, "A"),
        ({"createdAfter": "2026-01-01T00:00:01Z", "createdBefore": "2026-01-01T00:00:05Z", "inStock": True}, "D"),
    ],
    ids=str,
)
def test_a_condition_narrows_the_list(nobody: Api, shelves: Any, filter: dict[str, Any] | None, skus: str) -> None:
    assert listed(nobody, filter) == skus


def test_staff_list_what_is_not_for_sale(staff: Api, shelves: dict[str, str]) -> None:
    assert listed(staff, None) == "EDCBA"
    assert listed(staff, {"active": False}) == "C"
    assert listed(staff, {"active": True}) == "EDBA"


def test_shelves_are_chosen_by_id_and_wrong_ids_match_nothing(nobody: Api, shelves: dict[str, str]) -> None:
    first, second = shelves["first"], shelves["second"]
    product = gid(ProductFactory.create(sku="F", category=None, created_at=moment(6)))
    assert listed(nobody, {"categoryIds": [first]}) == "BA"
    assert listed(nobody, {"categoryIds": [second, first]}) == "DBA"
    assert listed(nobody, {"categoryIds": [second, second, "garbage", product, ""]}) == "D"
    assert listed(nobody, {"categoryIds": ["garbage"]}) == listed(nobody, {"categoryIds": []}) == ""


def test_a_hundred_shelves_are_the_most(nobody: Api) -> None:
    assert listed(nobody, {"categoryIds": ["x"] * 100}) == ""
    assert nobody.code(QUERY, {"filter": {"categoryIds": ["x"] * 101}}) == "BAD_USER_INPUT"


@pytest.mark.parametrize("bound", ["priceMin", "priceMax"])
@pytest.mark.parametrize("value", ["-1", "0.001", "10000000001"])
def test_a_bound_that_is_no_price_is_refused_by_name(nobody: Api, bound: str, value: str) -> None:
    [error] = nobody.post(QUERY, {"filter": {bound: value}})["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{bound}: ")


def test_ties_of_a_sort_are_in_the_order_of_adding(nobody: Api, shelves: dict[str, str]) -> None:
    ProductFactory.create(sku="F", price=100, category=None)
    assert listed(nobody, None, {"field": "PRICE"}) == "AFBDE"
    assert listed(nobody, None, {"field": "PRICE", "direction": "DESC"}) == "EDBFA"


def test_names_are_sorted_letter_by_letter(nobody: Api) -> None:
    for sku, name in {"A": "Pear", "B": "Apple", "C": "Plum", "D": "Apple pie"}.items():
        ProductFactory.create(sku=sku, name=name)
    assert listed(nobody, None, {"field": "NAME"}) == "BDAC"
