"""Whatever the filter and the sort, a page of the catalogue reads a bounded number of rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.common.data.seeding import moment
from domains.common.graphql import listing
from domains.products.models import Category, Product
from tests.api import Api, gid
from tests.factories import CategoryFactory, StaffFactory
from tests.reading import rows_read

pytestmark = pytest.mark.django_db

PRODUCTS, SHELVES, SIZE = 20_000, 10, 20
# For these figures the promise is the same as for a million products under the real ones.
WALK, COLLECT, LONG_WALK, COUNTED = 200, (100, 400), 400, 1_000
MOST = WALK + 3 * sum(COLLECT) + LONG_WALK + 400  # three indexes, and what one row more of each stream adds
QUERY = """query ($filter: ProductFilter, $sort: ProductSort, $first: Int, $last: Int, $after: String,
    $before: String) {
    products(filter: $filter, sort: $sort, first: $first, last: $last, after: $after, before: $before) {
        nodes { sku } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
FILL = """
INSERT INTO products_product (id, created_at, updated_at, sku, slug, name, description, price, stock, active,
                              category_id, version)
SELECT gen_random_uuid(), %(start)s::timestamptz + n * interval '1 second', now(), 'SKU-' || n, 'sku-' || n,
       CASE WHEN n %% 2 = 0 THEN 'lamp ' ELSE 'jug ' END || lpad((n * 7919 %% 20011)::text, 5, '0'),
       CASE WHEN n %% 97 = 0 THEN 'brass ' ELSE '' END || CASE WHEN n > 19000 THEN 'novelty' ELSE '' END,
       n, CASE WHEN n %% 500 = 0 THEN 0 ELSE 5 END, n %% 300 <> 0, (%(shelves)s::uuid[])[1 + n %% 10], 1
FROM generate_series(1, %(products)s) n"""


@pytest.fixture
def shelves(monkeypatch: pytest.MonkeyPatch) -> list[Category]:
    for name, value in {"WALK": WALK, "COLLECT": COLLECT, "LONG_WALK": LONG_WALK, "COUNTED": COUNTED}.items():
        monkeypatch.setattr(listing, name, value)
    shelves = CategoryFactory.create_batch(SHELVES)
    values: dict[str, Any] = {"start": moment(0), "shelves": [shelf.id for shelf in shelves], "products": PRODUCTS}
    with connection.cursor() as cursor:
        cursor.execute(FILL, values)
        cursor.execute("ANALYZE products_product")
    return shelves


def single_filters(shelves: list[Category]) -> Iterator[dict[str, Any]]:
    late, early = moment(19_990).isoformat(), moment(15).isoformat()
    yield {}
    for search in ("lamp", "la", "brass", "jug brass", "novelty", "zzz", "SKU-77", "lamp 00", "s", "!"):
        yield {"search": search}
    yield {"categoryIds": [gid(shelves[0])]}
    yield {"categoryIds": [gid(shelf) for shelf in shelves]}
    for active in (True, False):
        yield {"active": active}
        yield {"inStock": active}
    for low, high in (("0", "500"), ("0", "0.20"), ("100", "101"), ("190", "200"), ("300", "400")):
        yield {"priceMin": low, "priceMax": high}
    yield {"createdAfter": late}
    yield {"createdBefore": late}
    yield {"createdBefore": early}


def sorts() -> Iterator[dict[str, str]]:
    for field in ("NAME", "PRICE", "CREATED_AT"):
        for direction in ("ASC", "DESC"):
            yield {"field": field, "direction": direction}


def walked(api: Api, most: int, pages: int = 3, **arguments: Any) -> list[str]:
    """The SKUs of the first pages, none of which reads more than so many rows."""
    found, backward, cursor = list[str](), "last" in arguments, None
    for _ in range(pages):
        with rows_read() as reading:
            answer = api.data(QUERY, {**arguments, "before" if backward else "after": cursor})["products"]
        assert reading.rows <= most, arguments
        assert reading.blocks <= 3 * most + 300, arguments
        info = answer["pageInfo"]
        skus = [node["sku"] for node in answer["nodes"]]
        found = skus + found if backward else found + skus
        cursor = info["startCursor" if backward else "endCursor"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            break
    return found


def test_every_filter_with_every_sort_reads_a_bounded_number_of_rows_on_every_page(shelves: list[Category]) -> None:
    api, ways = Api(StaffFactory.create()), cycle(["first", "last", "last", "first"])
    for chosen in single_filters(shelves):
        for sort in sorts():
            walked(api, MOST, pages=2, filter=chosen, sort=sort, **{next(ways): SIZE})


def test_a_list_without_a_search_or_a_range_of_another_column_reads_little_more_than_its_pages(
    shelves: list[Category], nobody: Api
) -> None:
    for chosen in ({}, {"inStock": False}, {"categoryIds": [gid(shelves[0])]}, {"priceMin": "150"}):
        for size in ({"first": SIZE}, {"last": SIZE}):
            assert walked(nobody, 100, filter=chosen, sort={"field": "PRICE"}, **size)


def test_every_combination_is_bounded_and_loses_nothing(shelves: list[Category], nobody: Api) -> None:
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
        if len(expected) > 1_500:
            walked(nobody, MOST, filter=filter, sort=sort, **{way: SIZE})
            return
        got = walked(nobody, MOST, pages=300, filter=filter, sort=sort, **{way: 100})
        order = [key(everything[sku], sort["field"]) for sku in got]
        assert set(got) == expected
        assert len(got) == len(expected)
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
    return {"NAME": row.name, "PRICE": row.price, "CREATED_AT": row.created_at}[field], row.id


def test_what_cannot_fill_a_page_within_bounds_is_a_short_page_that_leads_on(
    shelves: list[Category], nobody: Api
) -> None:
    """A thousand products of 20,000 are too many to collect here, and all stand at the end of the walk by price."""
    arguments = {"filter": {"search": "novelty"}, "sort": {"field": "PRICE", "direction": "ASC"}, "first": SIZE}
    first = nobody.data(QUERY, arguments)["products"]
    assert first["nodes"] == []
    assert first["pageInfo"]["hasNextPage"] is True
    assert first["pageInfo"]["endCursor"]
    assert (
        len(walked(nobody, MOST, pages=200, **arguments))
        == Product.objects.filter(active=True, price__gt=19_000).count()
    )


def test_a_list_that_is_too_long_to_count_has_no_total(shelves: list[Category], nobody: Api) -> None:
    query = "query ($filter: ProductFilter) { products(first: 0, filter: $filter) { totalCount } }"
    totals = {
        None: {},
        200: {"search": "brass"},
        0: {"search": "zzz"},
        99: {"priceMin": "0.01", "priceMax": "0.99"},
    }
    for total, chosen in totals.items():
        with rows_read() as reading:
            counted = nobody.data(query, {"filter": chosen})["products"]["totalCount"]
        assert reading.rows <= MOST + COUNTED
        assert counted is None if total is None else abs(counted - total) <= 10


def test_a_page_of_each_category_is_bounded_by_the_number_of_categories(shelves: list[Category], nobody: Api) -> None:
    query = (
        """query ($filter: ProductFilter) { categories { products(first: 5, filter: $filter) { nodes { sku } } } }"""
    )
    for chosen in ({}, {"search": "lamp"}, {"search": "zzz"}, {"search": "novelty"}):
        with rows_read() as reading:
            nobody.data(query, {"filter": chosen})
        assert reading.rows <= MOST + SHELVES * 2 * 6 * 3
