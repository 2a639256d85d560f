"""A cursor is good for the list, ordering and filter that it came from, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.core.signing import Signer

from domains.common.graphql.cursors import signer
from domains.products.models import Product
from tests.api import Api, gid
from tests.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

QUERY = """query ($after: String, $before: String, $sort: ProductSort, $filter: ProductFilter) {
    products(first: 1, after: $after, before: $before, sort: $sort, filter: $filter) { edges { cursor } } }"""
SHELF = """query ($slug: String!, $after: String) {
    category(slug: $slug) { products(first: 1, after: $after) { edges { cursor } } } }"""
BY_PRICE = {"field": "PRICE", "direction": "ASC"}


@pytest.fixture
def cursor(nobody: Api) -> str:
    ProductFactory.create_batch(2)
    return str(nobody.data(QUERY)["products"]["edges"][0]["cursor"])


@pytest.mark.parametrize("side", ["after", "before"])
def test_a_cursor_that_is_cut_altered_or_made_up_is_invalid(nobody: Api, cursor: str, side: str) -> None:
    forged = Signer(salt="cursor").sign_object(["2026-01-01", "0" * 32])
    for bad in (cursor[:-2], cursor[1:], "x" + cursor[1:], cursor.split(":")[0], "x", "", "é:é", forged):
        assert nobody.code(QUERY, {side: bad}) == "INVALID_CURSOR", bad


def test_a_cursor_is_what_djangos_signer_makes_and_reads() -> None:
    moment, id_ = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC), UUID(int=7)
    for value in (moment, 'Ärmel "XL" \\ \u2028 😀', 2990, None, True):
        row, kept = SimpleNamespace(key=value, id=id_), moment.isoformat() if value is moment else value
        assert signer("salt", "key")(row) == Signer(salt="salt").sign_object([kept, id_.hex])


@pytest.mark.parametrize(
    "other",
    [
        {"sort": BY_PRICE},
        {"sort": {"field": "CREATED_AT", "direction": "ASC"}},
        {"filter": {"inStock": True}},
        {"filter": {"search": "oak"}},
    ],
    ids=str,
)
def test_a_cursor_is_bound_to_its_ordering_and_filter(nobody: Api, cursor: str, other: dict[str, Any]) -> None:
    assert nobody.data(QUERY, {"after": cursor})["products"]["edges"]
    assert nobody.code(QUERY, {"after": cursor, **other}) == "INVALID_CURSOR"


def test_a_cursor_works_under_the_same_filter_written_otherwise(nobody: Api, cursor: str) -> None:
    newest_first = {"field": "CREATED_AT", "direction": "DESC"}
    alike: list[dict[str, Any]] = [{"sort": newest_first}, {"filter": {}}, {"filter": {"search": None}}]
    for same in alike:
        assert len(nobody.data(QUERY, {"after": cursor, **same})["products"]["edges"]) == 1


def test_a_cursor_of_one_shelf_is_invalid_on_another_and_in_the_whole_list(nobody: Api) -> None:
    one, other = CategoryFactory.create_batch(2)
    ProductFactory.create(category=one)
    [edge] = nobody.data(SHELF, {"slug": one.slug})["category"]["products"]["edges"]
    assert nobody.code(SHELF, {"slug": other.slug, "after": edge["cursor"]}) == "INVALID_CURSOR"
    assert nobody.code(QUERY, {"after": edge["cursor"]}) == "INVALID_CURSOR"


def test_a_cursor_outlives_the_row_that_it_names(nobody: Api, cursor: str) -> None:
    newest = Product.objects.order_by("-created_at", "-id")[0]
    newest.movements.all().delete()
    newest.delete()
    assert len(nobody.data(QUERY, {"after": cursor})["products"]["edges"]) == 1


def test_a_cursor_of_one_list_is_invalid_for_the_lists_beside_it_alone(nobody: Api) -> None:
    first, second = CategoryFactory.create_batch(2)
    ProductFactory.create_batch(2, category=first)
    cursor = nobody.data(SHELF, {"slug": first.slug})["category"]["products"]["edges"][0]["cursor"]
    answer = nobody.post(
        """query ($ids: [ID!]!, $after: String) {
            nodes(ids: $ids) { ... on Category { products(after: $after) { nodes { id } } } } }""",
        {"ids": [gid(first), gid(second)], "after": cursor},
    )
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["nodes", 1, "products"], "INVALID_CURSOR")
    found, missing = answer["data"]["nodes"]
    assert (len(found["products"]["nodes"]), missing) == (1, None)
