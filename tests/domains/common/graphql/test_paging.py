"""Pages walk a list without gap or repeat, in both directions, under every ordering."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import Api
from tests.benchmarks.seeding.rows import moment
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

QUERY = """query ($first: Int, $after: String, $last: Int, $before: String, $sort: ProductSort) {
    products(first: $first, after: $after, last: $last, before: $before, sort: $sort) {
        nodes { sku } edges { cursor node { sku } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }"""
SORTS: list[dict[str, str] | None] = [
    None,
    *({"field": field, "direction": way} for field in ("NAME", "PRICE", "CREATED_AT") for way in ("ASC", "DESC")),
]


def page(api: Api, **arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.data(QUERY, arguments)["products"]
    assert answer["nodes"] == [edge["node"] for edge in answer["edges"]]
    cursors = [edge["cursor"] for edge in answer["edges"]] or [None]
    assert (answer["pageInfo"]["startCursor"], answer["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])
    return answer


def skus(answer: dict[str, Any]) -> list[str]:
    return [node["sku"] for node in answer["nodes"]]


def forward(api: Api, size: int, **arguments: Any) -> list[str]:
    found, more, after = list[str](), True, None
    while more:
        answer = page(api, first=size, after=after, **arguments)
        found += skus(answer)
        info = answer["pageInfo"]
        assert info["hasPreviousPage"] is (after is not None)
        more, after = info["hasNextPage"], info["endCursor"]
    return found


def backward(api: Api, size: int, **arguments: Any) -> list[str]:
    found, more, before = list[str](), True, None
    while more:
        answer = page(api, last=size, before=before, **arguments)
        found = skus(answer) + found
        info = answer["pageInfo"]
        assert info["hasNextPage"] is (before is not None)
        more, before = info["hasPreviousPage"], info["startCursor"]
    return found


def with_ties() -> None:
    for n in range(7):
        ProductFactory.create(name=f"Name {n // 3}", price=100 + n // 4, created_at=moment(n // 2))


@pytest.mark.parametrize("sort", SORTS, ids=str)
@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_walk_the_whole_list_both_ways(nobody: Api, sort: dict[str, str] | None, size: int) -> None:
    with_ties()
    whole = skus(page(nobody, sort=sort))
    assert len(set(whole)) == 7
    assert forward(nobody, size, sort=sort) == whole
    assert backward(nobody, size, sort=sort) == whole


def test_a_descending_list_is_the_ascending_one_turned_round(nobody: Api) -> None:
    with_ties()
    for field in ("NAME", "PRICE", "CREATED_AT"):
        up = skus(page(nobody, sort={"field": field, "direction": "ASC"}))
        assert skus(page(nobody, sort={"field": field, "direction": "DESC"})) == up[::-1]


def test_a_page_has_twenty_by_default_and_at_most_a_hundred(nobody: Api) -> None:
    ProductFactory.create_batch(21, stock=0, category=None)
    assert len(skus(page(nobody))) == 20
    assert len(skus(page(nobody, first=100))) == 21
    assert page(nobody, first=1)["totalCount"] == 21


def test_a_page_of_none_is_empty_and_tells_that_more_follows(nobody: Api) -> None:
    ProductFactory.create()
    answer = page(nobody, first=0)
    assert answer["edges"] == []
    assert answer["pageInfo"]["hasNextPage"] is True
    assert answer["totalCount"] == 1


def test_an_empty_list_has_one_empty_page(nobody: Api) -> None:
    answer = page(nobody)
    assert answer["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize(
    "arguments", [{"first": 1, "last": 1}, {"first": -1}, {"last": -1}, {"first": 101}, {"last": 101}]
)
def test_sizes_out_of_range_and_both_ends_at_once_are_refused(nobody: Api, arguments: dict[str, int]) -> None:
    assert nobody.code(QUERY, arguments) == "BAD_USER_INPUT"


def test_between_two_cursors_stands_what_is_between_them(nobody: Api) -> None:
    with_ties()
    edges = page(nobody)["edges"]
    between = page(nobody, first=10, after=edges[1]["cursor"], before=edges[5]["cursor"])
    assert skus(between) == [edge["node"]["sku"] for edge in edges[2:5]]


def test_what_is_added_between_two_pages_repeats_nothing(nobody: Api) -> None:
    old = [ProductFactory.create(created_at=moment(n)).sku for n in (10, 20, 30, 40)][::-1]
    first = page(nobody, first=2)
    ProductFactory.create(created_at=moment(50))
    late = ProductFactory.create(created_at=moment(15)).sku
    rest = page(nobody, first=5, after=first["pageInfo"]["endCursor"])
    assert skus(first) + skus(rest) == [*old[:3], late, old[3]]
