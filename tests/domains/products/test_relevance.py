"""The sort RELEVANCE: names before SKUs before descriptions, near before far, and pages as under any other sort."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from domains.common.graphql import ranking
from domains.products.models import Product
from tests.api import Api
from tests.benchmarks.seeding.rows import moment
from tests.domains.common.graphql.test_paging import backward, forward, page, skus
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

BEST = {"field": "RELEVANCE"}
QUERY = """query ($filter: ProductFilter, $sort: ProductSort, $first: Int, $last: Int, $after: String,
    $before: String) {
    products(filter: $filter, sort: $sort, first: $first, last: $last, after: $after, before: $before) {
        nodes { sku } edges { cursor node { sku } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }"""


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.domains.common.graphql.test_paging.QUERY", QUERY)


@pytest.fixture(params=["of the index", "of a walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranks eight, as the index of the search finds them, or as they stand among the newest."""
    monkeypatch.setattr(ranking, "MOST", 8)
    monkeypatch.setattr(ranking, "COMMON", 1_000 if request.param == "of the index" else 1)
    # What is composed is kept with the document.
    monkeypatch.setattr("tests.domains.common.graphql.test_paging.QUERY", f"{QUERY} # {request.param}")


def best(api: Api, search: str, **filter: Any) -> list[str]:
    return skus(page(api, filter={"search": search, **filter}, sort=BEST))


def product(sku: str, name: str = "Vase", description: str = "", **columns: Any) -> Product:
    return ProductFactory.create(sku=sku, name=name, description=description, **columns)


def test_names_go_before_skus_and_both_before_descriptions(nobody: Api) -> None:
    product("1", "Blue jug")
    product("JUG-2")
    product("3", description="jug " * 50)
    assert best(nobody, "jug") == ["1", "JUG-2", "3"]


def test_the_more_words_stand_in_the_name_the_better(nobody: Api) -> None:
    product("1", "Blue desk lamp")
    product("2", "Lamp", "Blue, and for a desk.")
    product("3", "Vase", "A blue desk lamp.")
    assert best(nobody, "blue lamp desk") == ["1", "2", "3"]


def test_words_that_stand_near_each_other_go_first(nobody: Api) -> None:
    product("1", description="A cast iron pan.")
    product("2", description="Cast in a town by the sea, of the best iron that there is, it is no common pan.")
    assert best(nobody, "cast iron pan") == ["1", "2"]


def test_what_is_written_so_goes_before_other_forms_and_these_before_what_only_begins_so(nobody: Api) -> None:
    product("1", "Candles")
    product("2", "Candle snuffer")
    product("3", "Candlestick")
    assert best(nobody, "candles") == ["1", "2", "3"]
    assert best(nobody, "candle") == ["2", "1", "3"]


def test_equals_come_newest_first(nobody: Api) -> None:
    for number in range(3):
        product(str(number), "Jug", created_at=moment(number))
    assert best(nobody, "jug") == ["2", "1", "0"]


def goods() -> None:
    """Twelve, of which four are the oldest; two of each rank, and one that is not for sale."""
    for number in range(12):
        name = ("Jug", "Jug and lid", "Lid of a jug", "Vase")[number % 4]
        product(f"{number:02}", name, "A jug.", created_at=moment(number))
    product("99", "Jug", active=False)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("size", [1, 3, 8])
def test_pages_walk_the_newest_that_are_ranked_both_ways(nobody: Api, size: int) -> None:
    goods()
    arguments = {"filter": {"search": "jug"}, "sort": BEST}
    whole = skus(page(nobody, **arguments))
    assert set(whole) == {f"{number:02}" for number in range(4, 12)}
    assert whole[-2:] == ["11", "07"]
    assert forward(nobody, size, **arguments) == whole
    assert backward(nobody, size, **arguments) == whole


@pytest.mark.usefixtures("way")
def test_what_is_found_beyond_the_ranked_has_no_total(nobody: Api) -> None:
    goods()
    assert page(nobody, filter={"search": "jug"}, sort=BEST)["totalCount"] is None
    assert page(nobody, filter={"search": "lid"}, sort=BEST)["totalCount"] == 6
    assert page(nobody, filter={"search": "jug"}, sort={"field": "NAME"})["totalCount"] == 12


@pytest.mark.usefixtures("way")
def test_other_conditions_choose_what_is_ranked(nobody: Api) -> None:
    goods()
    assert best(nobody, "jug", createdBefore=moment(3).isoformat()) == ["02", "01", "00"]


@pytest.mark.usefixtures("way")
def test_the_lists_of_categories_are_ranked_each(nobody: Api) -> None:
    one, two = CategoryFactory.create(name="One"), CategoryFactory.create(name="Two")
    for number in range(10):
        product(f"1-{number}", "Vase" if number % 2 else "Jug", "A jug.", category=one, created_at=moment(number))
    product("2-1", "Vase", "A jug.", category=two)
    product("2-2", "Jug", category=two, created_at=moment(1))
    query = """query ($after: String) { categories { products(first: 5, after: $after, filter: {search: "jug"},
        sort: {field: RELEVANCE}) { nodes { sku } pageInfo { endCursor hasNextPage } totalCount } } }"""
    first, second = (category["products"] for category in nobody.data(query)["categories"])
    assert skus(first) == ["1-8", "1-6", "1-4", "1-2", "1-9"]
    assert skus(second) == ["2-2", "2-1"]
    assert [first["totalCount"], second["totalCount"]] == [None, None]  # 12 together
    after = first["pageInfo"]["endCursor"]
    rest = nobody.post(query.replace("{ categories", f'{{ category(slug: "{one.slug}")'), {"after": after})
    assert skus(rest["data"]["category"]["products"]) == ["1-7", "1-5", "1-3"]


@pytest.mark.parametrize("filter", [None, {}, {"search": None}, {"search": ""}, {"inStock": True}])
def test_without_a_search_there_is_nothing_to_be_relevant_for(nobody: Api, filter: dict[str, Any] | None) -> None:
    error = nobody.post(QUERY, {"filter": filter, "sort": BEST})["errors"][0]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "RELEVANCE" in error["message"]
    assert "search" in error["message"]


def test_a_search_without_a_word_ranks_nothing(nobody: Api) -> None:
    product("1", "Jug")
    answer = page(nobody, filter={"search": "!"}, sort=BEST)
    assert (answer["edges"], answer["totalCount"]) == ([], 0)


def test_a_cursor_belongs_to_its_search_and_no_other_sort_takes_it(nobody: Api) -> None:
    goods()
    cursor = page(nobody, filter={"search": "jug"}, sort=BEST, first=1)["pageInfo"]["endCursor"]
    others = ({"search": "lid"}, BEST), ({"search": "jug"}, {"field": "PRICE"}), ({"search": "jug"}, None)
    for chosen, sort in others:
        assert nobody.code(QUERY, {"filter": chosen, "sort": sort, "after": cursor}) == "INVALID_CURSOR"
    forged = cursor[:-2] + ("aa" if cursor[-2:] != "aa" else "bb")
    assert nobody.code(QUERY, {"filter": {"search": "jug"}, "sort": BEST, "after": forged}) == "INVALID_CURSOR"


def test_the_best_come_first_in_either_direction(nobody: Api) -> None:
    product("1", "Jug")
    product("2", description="A jug.")
    for sort in (BEST, {**BEST, "direction": "DESC"}, {**BEST, "direction": "ASC"}):
        assert skus(page(nobody, filter={"search": "jug"}, sort=sort)) == ["1", "2"]


def test_products_from_before_are_ranked_as_others_once_they_are_written_anew(nobody: Api) -> None:
    migration = import_module("domains.products.migrations.0010_ranked_search")
    with connection.cursor() as cursor:
        cursor.execute(migration.EARLIER)
        product("1", "Jug", created_at=moment(1))
        product("JUG-2", created_at=moment(2))
        cursor.execute(migration.RANKED)
    assert best(nobody, "jug") == ["JUG-2", "1"]
    migration.write_anew(apps, connection.schema_editor())
    assert best(nobody, "jug") == ["1", "JUG-2"]
