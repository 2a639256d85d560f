"""Global ids name a type and a row; anything else is no id and finds nothing."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.common.data.models import NO_ID
from domains.common.graphql.ids import key_of, parse_global_id, to_global_id
from tests.api import Api, gid
from tests.factories import CategoryFactory, ProductFactory

GARBAGE = ["", "x", "=", "%%%", "é", "UHJvZHVjdA", "UHJvZHVjdDo", "UHJvZHVjdDox", "//79", "a" * 1000]


@given(name=st.from_regex(r"[A-Z][A-Za-z]{0,30}", fullmatch=True), key=st.uuids())
def test_an_id_is_read_as_what_it_was_made_of(name: str, key: UUID) -> None:
    global_id = to_global_id(name, key)
    assert parse_global_id(global_id) == (name, key)
    assert key_of(global_id, name) == key
    assert key_of(global_id, f"{name}X") == NO_ID


@given(st.text() | st.sampled_from(GARBAGE))
def test_garbage_is_no_id(text: str) -> None:
    assert parse_global_id(text) is None
    assert key_of(text, "Product") == NO_ID


@pytest.mark.django_db
def test_any_entity_is_fetched_again_by_its_id(nobody: Api) -> None:
    product, shelf = ProductFactory.create(), CategoryFactory.create()
    ids = [gid(shelf), "garbage", gid(product), to_global_id("Nothing", product.id)]
    answer = nobody.data("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": ids})
    assert answer["nodes"] == [
        {"__typename": "Category", "id": gid(shelf)},
        None,
        {"__typename": "Product", "id": gid(product)},
        None,
    ]
