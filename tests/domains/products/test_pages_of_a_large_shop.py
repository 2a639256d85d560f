"""Whatever the filter and the sort, pages are full, hold all that belongs, and what is left out is left out early."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from domains.common.data.models import new_id
from domains.common.graphql import listing, paging, paging_below
from domains.products.models import Category, Product
from tests.api import Api, gid
from tests.benchmarks.seeding.rows import copy_in, moment
from tests.factories import CategoryFactory, StaffFactory
from tests.reading import rows_read

pytestmark = pytest.mark.django_db

PRODUCTS, CATEGORIES, SIZE = 20_000, 10, 20
MOST_ROWS, MOST_BLOCKS = 600, 900  # an index of all has some 300 blocks
QUERY = """query ($filter: ProductFilter, $sort: ProductSort, $first: Int, $last: Int, $after: String,
    $before: String) {
    products(filter: $filter, sort: $sort, first: $first, last: $last, after: $after, before: $before) {
        nodes { sku } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Category]]:
    """Committed, for all tests of this file: they only read it, and to fill it takes longer than most of them.

    Prices grow with time, and so does what is sold out, off sale, `novelty` and the last category.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE products_product CASCADE")  # or what earlier tests rolled back would be read, too
        categories = CategoryFactory.create_batch(CATEGORIES)
        copy_in(Product, [one_of_many(number, categories) for number in range(1, PRODUCTS + 1)])
        cursor.execute("VACUUM ANALYZE products_product")
    yield categories
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE products_product, products_category CASCADE")


@pytest.fixture
def categories(shop: list[Category], db: None) -> list[Category]:
    # So few products may be read whole as quickly as by an index: what is asked is how a large shop reads them.
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
        )
    return shop


def one_of_many(number: int, categories: list[Category]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": moment(number),
        "updated_at": moment(number),
        "sku": f"SKU-{number}",
        "slug": f"sku-{number}",
        "name": f"{'jug' if number % 2 else 'lamp'} {number * 7919 % 20011:05}",
        "description": f"{'' if number % 97 else 'brass'} {'novelty' if number > 19_000 else ''}",
        "price": number,
        "stock": 0 if number % 500 == 0 else 5,
        "active": number % 300 != 0,
        "category_id": categories[number % CATEGORIES if number < 19_800 else -1].id,
        "version": 1,
    }


def single_filters(categories: list[Category]) -> Iterator[dict[str, Any]]:
    late, early = moment(19_990).isoformat(), moment(15).isoformat()
    yield {}
    yield {"categoryIds": [gid(categories[0])]}
    yield {"categoryIds": [gid(category) for category in categories]}
    for active in (True, False):
        yield {"active": active}
        yield {"inStock": active}
    for low, high in (("0", "500"), ("0", "0.20"), ("100", "101"), ("190", "200"), ("300", "400")):
        yield {"priceMin": low, "priceMax": high}
    yield {"createdAfter": late}
    yield {"createdBefore": late}
    yield {"createdBefore": early}
    yield {"createdAfter": late, "priceMax": "1"}


def sorts() -> Iterator[dict[str, str]]:
    for field in ("NAME", "PRICE", "CREATED_AT"):
        for direction in ("ASC", "DESC"):
            yield {"field": field, "direction": direction}


def walked(api: Api, pages: int = 3, **arguments: Any) -> list[str]:
    """The SKUs of the first pages, each of which is full unless the list ends."""
    found, size, cursor = list[str](), arguments.get("first") or arguments["last"], None
    backward = "last" in arguments
    for _ in range(pages):
        answer = api.data(QUERY, {**arguments, "before" if backward else "after": cursor})["products"]
        info = answer["pageInfo"]
        skus = [node["sku"] for node in answer["nodes"]]
        found = skus + found if backward else found + skus
        cursor = info["startCursor" if backward else "endCursor"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            break
        assert len(skus) == size, arguments
    return found


def test_what_a_filter_leaves_out_is_left_out_in_an_index(categories: list[Category]) -> None:
    """Of 20,000 products a page reads few rows of the table, also where all it holds stands at the far end."""
    api, ways = Api(StaffFactory.create()), cycle(["first", "last", "last", "first"])
    for chosen in single_filters(categories):
        for sort in sorts():
            with rows_read() as reading:
                walked(api, pages=1, filter=chosen, sort=sort, **{next(ways): SIZE})
            assert reading.rows <= MOST_ROWS, (chosen, sort)
            assert reading.blocks <= MOST_BLOCKS, (chosen, sort)


def test_a_page_far_on_reads_as_much_as_the_first(categories: list[Category], nobody: Api) -> None:
    arguments = {"first": 100, "sort": {"field": "PRICE"}}
    costs, cursor = [], None
    for _ in range(100):
        with rows_read() as reading:
            info = nobody.data(QUERY, {**arguments, "after": cursor})["products"]["pageInfo"]
        costs.append(reading.rows)
        cursor = info["endCursor"]
    assert max(costs) <= 102


def test_every_combination_holds_exactly_what_belongs_in_order(categories: list[Category], nobody: Api) -> None:
    everything = {row.sku: row for row in Product.objects.filter(active=True)}

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(
        filter=st.fixed_dictionaries(
            {},
            optional={
                "search": st.sampled_from(["lamp", "brass", "novelty", "zzz"]),
                "inStock": st.booleans(),
                "priceMin": st.sampled_from(["0.10", "20", "189", "199.90"]),
                "priceMax": st.sampled_from(["0.50", "21", "191", "200"]),
                "createdAfter": st.sampled_from([moment(n).isoformat() for n in (5, 18_000, 19_950)]),
            },
        ),
        sort=st.sampled_from(list(sorts())),
        way=st.sampled_from(["first", "last"]),
    )
    def check(filter: dict[str, Any], sort: dict[str, str], way: str) -> None:
        expected = {sku for sku, row in everything.items() if belongs(row, filter)}
        got = walked(nobody, pages=15, filter=filter, sort=sort, **{way: 100})
        order = [key(everything[sku], sort["field"]) for sku in got]
        assert set(got) <= expected
        assert len(got) == min(len(expected), 1_500)
        assert order == sorted(order, reverse=sort["direction"] == "DESC")

    check()


def belongs(row: Product, filter: dict[str, Any]) -> bool:
    return (
        filter.get("search", "") in f"{row.name} {row.description}"
        and filter.get("inStock", row.stock > 0) is (row.stock > 0)
        and float(filter.get("priceMin", 0)) * 100 <= row.price <= float(filter.get("priceMax", 1e9)) * 100
        and row.created_at.isoformat() > filter.get("createdAfter", "")
    )


def key(row: Product, field: str) -> tuple[Any, Any]:
    return {"NAME": row.name_key, "PRICE": row.price, "CREATED_AT": row.created_at}[field], row.id


@pytest.mark.parametrize("field", ["NAME", "PRICE", "CREATED_AT"])
def test_a_page_is_full_where_all_that_is_found_stands_at_the_far_end(
    categories: list[Category], nobody: Api, field: str
) -> None:
    sort = {"field": field, "direction": "ASC"}
    assert len(walked(nobody, pages=1, filter={"search": "novelty"}, sort=sort, first=SIZE)) == SIZE


def test_a_page_is_one_statement_and_so_is_its_count(nobody: Api) -> None:
    for query, statements in (("nodes { sku }", 1), ("nodes { sku } totalCount", 2)):
        for search, more in (("", 0), ('search: "zzz"', 1)):  # near the cursor, then in the index of the search
            with CaptureQueriesContext(connection) as captured:
                nobody.data(f"{{ products(filter: {{inStock: true, {search}}}) {{ {query} }} }}")
            assert len(captured) == statements + more


def test_a_list_that_is_too_long_to_count_has_no_total(
    categories: list[Category], nobody: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNTED", 1_000)
    query = "query ($filter: ProductFilter) { products(first: 0, filter: $filter) { totalCount } }"
    for total, chosen in ((None, {}), (206, {"search": "brass"}), (0, {"search": "zzz"}), (99, {"priceMax": "0.99"})):
        with rows_read() as reading:
            counted = nobody.data(query, {"filter": chosen})["products"]["totalCount"]
        assert reading.rows <= 1_010 + (listing.NEAR if chosen else 0)
        assert counted == total


def test_the_lists_of_all_categories_have_one_bound_for_counting(
    categories: list[Category], nobody: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging_below, "COUNTED", 1_000)
    query = "query ($filter: ProductFilter) { categories { products(first: 5, filter: $filter) { totalCount } } }"

    def totals(chosen: dict[str, Any]) -> list[Any]:
        return [category["products"]["totalCount"] for category in nobody.data(query, {"filter": chosen})["categories"]]

    assert totals({}) == [None] * CATEGORIES
    assert sum(totals({"search": "brass"})) == 206
