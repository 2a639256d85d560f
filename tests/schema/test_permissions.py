"""Nothing can be read or done that nobody has decided who may."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from domains.common.graphql.errors import UserError, mutation
from domains.common.graphql.permissions import IsAuthenticated
from domains.common.graphql.scalars import SCALARS
from domains.orders.types import Order
from schema.merge import NodeQuery, contributions, core
from tests.schema import access


def test_every_root_type_field_and_way_is_decided() -> None:
    assert access.mistakes(core) == []


def test_the_lists_name_nothing_that_is_gone() -> None:
    objects = {kind.name: kind for kind in access._objects(core)}
    assert set(access.PUBLIC) <= set(access.roots(core))
    assert set(access.OPEN_TYPES) | set(access.OWNED_TYPES) == set(objects)
    assert {f"{name}.{f}" for name, listed in access.OWNED_TYPES.items() for f in listed.split()} >= set(access.WAYS)
    assert all(set(listed.split()) == set(objects[name].fields) for name, listed in access.OWNED_TYPES.items())
    holders = access.holders(core)
    assert set(access.SAID) <= {*holders, *access.HOLDERS, "UserError"}
    assert all(access.said(kind) <= set(kind.fields) for kind in holders.values())
    assert all(set(access.SAID.get(name, "").split()) <= set(kind.fields) for name, kind in holders.items())


def merged(query: type, mutation_: type, *types: type) -> GraphQLSchema:
    """The schema with one more domain, merged as all are."""
    return strawberry.Schema(
        query=merge_types("Query", (NodeQuery, *contributions("queries", "Query"), query)),
        mutation=merge_types("Mutation", (*contributions("mutations", "Mutation"), mutation_)),
        types=types,
        config=StrawberryConfig(scalar_map=SCALARS),
    )._schema


@strawberry.type
class Diary:
    secret: str = "I own a kettle."

    @strawberry.field(graphql_type=Order | None)
    def order(self) -> Any:
        return None


@strawberry.type
class DiaryEdge:
    cursor: str = "1"
    secret: str = "I own a kettle."


@strawberry.type
class DiarySuccess:
    diary: Diary
    secrets: list[str]


@strawberry.type
class DiaryLockedError(UserError):
    key: str


@strawberry.type
class DiaryQuery:
    @strawberry.field(graphql_type=Diary)
    def diary(self) -> Any:
        return Diary()

    @strawberry.field(graphql_type=Diary, permission_classes=[IsAuthenticated])
    def own_diary(self) -> Any:
        return Diary()


@strawberry.type
class DiaryMutation:
    @mutation(description="Write.")
    def write_diary(self) -> str:
        return "written"


def test_what_a_new_domain_brings_is_a_mistake_until_somebody_has_decided() -> None:
    found = access.mistakes(merged(DiaryQuery, DiaryMutation))
    assert found == [
        "root diary: neither guarded nor public",
        "root writeDiary: neither guarded nor public",
        "type Diary: neither open nor owned",
        "way Diary.order: leads to Order",
    ]


def test_what_only_holds_others_shows_nothing_of_its_own_until_somebody_has_decided() -> None:
    schema = merged(DiaryQuery, DiaryMutation, DiaryEdge, DiarySuccess, DiaryLockedError)
    assert {mistake for mistake in access.mistakes(schema) if mistake.startswith("field")} == {
        "field DiaryEdge.secret: of what only holds others, and not listed",
        "field DiaryLockedError.key: of what only holds others, and not listed",
        "field DiarySuccess.secrets: of what only holds others, and not listed",
    }


def test_a_field_that_is_added_to_an_owned_type_is_a_mistake_until_it_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(access.OWNED_TYPES, "User", access.OWNED_TYPES["User"].replace("email ", ""))
    assert access.mistakes(core) == ["field User.email: of an owned type, and not listed"]
