"""Nothing can be read or done that nobody has decided who may."""

from __future__ import annotations

from typing import Any

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
        "type Diary: says not who sees it",
        "field Diary.order: leads to Order, and says not whose",
    ]


def test_what_only_holds_others_shows_nothing_of_its_own_until_somebody_has_decided() -> None:
    schema = merged(DiaryQuery, DiaryMutation, DiaryEdge, DiarySuccess, DiaryLockedError)
    assert {mistake for mistake in access.mistakes(schema) if "holds others" in mistake} == {
        "field DiaryEdge.cursor: of what only holds others, and says not whose",
        "field DiaryEdge.secret: of what only holds others, and says not whose",
        "field DiaryLockedError.key: of what only holds others, and says not whose",
        "field DiarySuccess.secrets: of what only holds others, and says not whose",
    }
