"""Everything with a global id can be fetched again by those who may see it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone
from graphql import GraphQLInterfaceType
from pytest_django import DjangoAssertNumQueries

from domains.accounts.models import User
from domains.common.background.models import OutboxMessage
from domains.common.data.models import BaseModel
from domains.common.graphql.ids import to_global_id
from schema.merge import NODE_LOADERS, core
from tests.api import Api, gid
from tests.factories import CategoryFactory, ProductFactory, UserFactory

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


@pytest.fixture
def shop(customer: User) -> dict[str, str]:
    """The id of one row of every node type; what belongs to a person belongs to `customer`."""
    product = ProductFactory.create(category=CategoryFactory.create())
    lines = [{"productId": gid(product), "quantity": 1}]
    placed = Api(customer).call(
        "createOrder", "order { id }", lines=lines, paymentMethod="pm_card_visa", idempotencyKey=uuid4()
    )
    order_id, staff = placed["order"]["id"], Api(UserFactory.create(is_staff=True))
    staff.call("fulfillOrder", "order { id }", orderId=order_id)
    staff.call("refundOrder", "order { id }", orderId=order_id, reason="Broken", idempotencyKey=uuid4())
    OutboxMessage.objects.update(dead_at=timezone.now(), done_at=None)
    models = {model.__name__: model for model in apps.get_models() if issubclass(model, BaseModel)}
    rows = {name: models[name]._default_manager.order_by("id").first() for name in node_types()}
    return {name: gid(row) for name, row in rows.items() if isinstance(row, BaseModel)}


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_a_row_of_every_type_is_shown_to_its_owner_and_only_public_ones_to_others(
    customer: User, shop: dict[str, str]
) -> None:
    names, ids = list(shop), list(shop.values())
    public = [name if name in {"Product", "Category"} else None for name in names]
    assert names == node_types()
    assert fetched(Api(customer), ids) == [name if name != "FailedMessage" else None for name in names]
    assert fetched(Api(), ids) == public
    assert fetched(Api(UserFactory.create()), ids) == public
    staff = Api(UserFactory.create(is_staff=True))
    assert fetched(staff, ids) == [name if name not in {"AuditEvent", "Session"} else None for name in names]


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
