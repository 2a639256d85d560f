"""Everything with a global id can be fetched again by those who may see it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from graphql import GraphQLInterfaceType
from pytest_django import DjangoAssertNumQueries

from domains.accounts.models import User
from domains.common.graphql.ids import to_global_id
from schema.merge import NODE_LOADERS, core
from tests.api import Api, gid
from tests.factories import ProductFactory, StaffFactory, UserFactory
from tests.schema.tables import nodes, shown

NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
GARBAGE = ["", "x", "!", "Produkt", "UHJvZHVjdDp4", "a" * 500, "\u00e9", "====", "UHJvZHVjdA"]


def node_types() -> list[str]:
    interface = core.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)
    return sorted(kind.name for kind in core.get_implementations(interface).objects)


def fetched(api: Api, ids: list[str]) -> list[str | None]:
    return [node and node["__typename"] for node in api.data(NODES, {"ids": ids})["nodes"]]


def test_every_node_type_has_a_loader_and_every_loader_a_type() -> None:
    assert sorted(NODE_LOADERS) == node_types()


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_a_row_of_every_type_is_shown_to_whom_its_domain_says(customer: User) -> None:
    made, said = nodes(customer), shown()
    assert sorted(made) == sorted(said) == node_types()
    people = (None, UserFactory.create(), customer, StaffFactory.create())
    for place, person in enumerate(people):
        expected = [name if said[name][place] else None for name in made]
        assert fetched(Api(person) if person else Api(), list(made.values())) == expected


@pytest.mark.django_db
def test_an_inactive_product_is_a_node_for_staff_alone(nobody: Api, api: Api, staff: Api) -> None:
    ids = [gid(ProductFactory.create(active=False))]
    assert [fetched(who, ids) for who in (nobody, api, staff)] == [[None], [None], ["Product"]]


@pytest.mark.django_db
def test_answers_keep_the_order_of_the_ids_with_null_for_what_is_not_there(nobody: Api) -> None:
    first, second = gid(ProductFactory.create()), gid(ProductFactory.create())
    unknown = str(to_global_id("Product", uuid4()))
    asked = [second, "nonsense", first, unknown, second]
    answered = nobody.data(NODES, {"ids": asked})["nodes"]
    assert [node and node["id"] for node in answered] == [second, None, first, None, second]


@pytest.mark.django_db
def test_an_id_under_the_wrong_type_or_none_at_all_is_null(nobody: Api) -> None:
    product = ProductFactory.create()
    wrong = [str(to_global_id(name, product.id)) for name in ("Category", "User", "Node", "Nothing", "", "Query")]
    assert fetched(nobody, wrong + GARBAGE) == [None] * len(wrong + GARBAGE)
    for global_id in wrong + GARBAGE:
        assert nobody.data("query ($id: ID!) { node(id: $id) { id } }", {"id": global_id}) == {"node": None}


@pytest.mark.django_db
def test_a_hundred_ids_are_answered_and_one_more_is_bad_input(nobody: Api) -> None:
    assert fetched(nobody, []) == []
    assert fetched(nobody, ["x"] * 100) == [None] * 100
    assert nobody.code(NODES, {"ids": ["x"] * 101}) == "BAD_USER_INPUT"


@pytest.mark.django_db
def test_a_hundred_rows_of_one_type_are_one_statement(
    nobody: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [gid(product) for product in ProductFactory.create_batch(100)]
    with django_assert_num_queries(1):
        assert fetched(nobody, ids) == ["Product"] * 100
