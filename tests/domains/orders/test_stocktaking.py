"""Counting the shelf while orders come, go and are sent; and the ledger as staff read it."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from domains.orders.invariants import RULES
from domains.orders.models import Order
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.common.together import together
from tests.domains.orders.dashboard import drain
from tests.domains.orders.shop import DATABASES, buy
from tests.factories import ProductFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

LEDGER = """query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Product { stock reserved
    stockMovements(first: $first, after: $after) {
        nodes { delta reason note order { number } } totalCount pageInfo { hasNextPage endCursor } } } } }"""
SHOP = (
    """{ products { nodes { reserved stockMovements(first: 2) { totalCount nodes { delta order { number } } } } } }"""
)


def ledger(api: Api, product: Product, **page: Any) -> dict[str, Any]:
    node: dict[str, Any] = api.data(LEDGER, {"id": gid(product), **page})["node"]
    return node


def count(api: Api, product: Product, pieces: int, key: object = None) -> dict[str, Any]:
    fields = {"productId": gid(product), "counted": pieces, "note": "May", "idempotencyKey": key or uuid4()}
    return api.call("countStock", "product { stock reserved }", **fields)


def an_order(api: Api, product: Product) -> str:
    answer = buy(api, [(product, 1)])
    assert answer["__typename"] == "CreateOrderSuccess", answer
    return str(answer["order"]["id"])


class Shelf:
    """Where the pieces really are. Nobody takes any away while they are counted."""

    def __init__(self, product: Product, pieces: int) -> None:
        self.product, self.pieces, self._hands = product, pieces, threading.Lock()

    def send(self, api: Api, order_id: str) -> None:
        with self._hands:
            assert api.call("fulfillOrder", "order { id }", orderId=order_id)["__typename"] == "FulfillOrderSuccess"
            self.pieces -= 1

    def count(self, api: Api) -> None:
        with self._hands:
            answer = count(api, self.product, self.pieces)
            assert answer["__typename"] == "CountStockSuccess", answer
            # orders may have come and gone since, which moves none of the pieces
            assert answer["product"]["stock"] + answer["product"]["reserved"] == self.pieces


def test_a_stocktake_never_sells_what_is_sold_and_not_sent() -> None:
    """The shop thinks it has more than there is, until somebody counts: while people buy, cancel and send."""
    shelf = Shelf(ProductFactory.create(stock=100), pieces=60)
    counter, sender = Api(StaffFactory.create()), Api(StaffFactory.create())

    def buyer(cancels: bool) -> None:
        api = Api(UserFactory.create())
        for _ in range(4):
            order_id = an_order(api, shelf.product)
            if cancels:
                assert api.call("cancelOrder", "order { id }", orderId=order_id)["__typename"] == "CancelOrderSuccess"
            else:
                shelf.send(sender, order_id)

    def count_often() -> None:
        for _ in range(6):
            shelf.count(counter)

    buyers = [partial(buyer, cancels) for cancels in (True, True, False, False)]
    assert together(count_often, *buyers) == [None] * 5
    assert shelf.pieces == 52
    product = Product.objects.get()
    assert product.stock + product.reserved == shelf.pieces
    drain()
    assert [finding for rule in RULES for finding in rule() if not finding.pending] == []


def test_staff_read_the_ledger_the_latest_first_with_the_orders_that_moved_it(api: Api, staff: Api) -> None:
    product = ProductFactory.create(stock=5)
    order_id = an_order(api, product)
    api.call("cancelOrder", "order { id }", orderId=order_id)
    order = Order.objects.get()
    count(staff, product, 3, key=order.id)  # a key that somebody chose is no order
    seen = ledger(staff, product)
    assert [(node["delta"], node["reason"], node["order"]) for node in seen["stockMovements"]["nodes"]] == [
        (-2, "COUNT", None),
        (1, "CANCELLATION", {"number": order.number}),
        (-1, "ORDER", {"number": order.number}),
        (5, "INITIAL", None),
    ]
    assert sum(node["delta"] for node in seen["stockMovements"]["nodes"]) == seen["stock"] == 3
    page = ledger(staff, product, first=1)["stockMovements"]
    rest = ledger(staff, product, after=page["pageInfo"]["endCursor"])["stockMovements"]
    assert [node["note"] for node in page["nodes"] + rest["nodes"]] == ["May", "", "", ""]
    assert (page["totalCount"], rest["pageInfo"]["hasNextPage"]) == (4, False)


def test_a_cursor_of_one_products_ledger_is_none_of_anothers(staff: Api) -> None:
    one, other = ProductFactory.create_batch(2)
    cursor = ledger(staff, one)["stockMovements"]["pageInfo"]["endCursor"]
    assert staff.code(LEDGER, {"id": gid(other), "after": cursor}) == "INVALID_CURSOR"


def test_nobody_but_staff_sees_what_is_reserved_or_how_stock_moved(api: Api, nobody: Api, staff: Api) -> None:
    product = ProductFactory.create(stock=5)
    an_order(api, product)
    for viewer in (api, nobody):
        seen = ledger(viewer, product)
        assert (seen["stock"], seen["reserved"], seen["stockMovements"]) == (4, None, None)
    assert (ledger(staff, product)["stock"], ledger(staff, product)["reserved"]) == (4, 1)


def test_the_ledgers_of_many_products_are_read_together(api: Api, staff: Api) -> None:
    an_order(api, ProductFactory.create())
    with CaptureQueriesContext(connection) as few:
        staff.data(SHOP)
    for product in ProductFactory.create_batch(9):
        an_order(api, product)
    with CaptureQueriesContext(connection) as many:
        nodes = staff.data(SHOP)["products"]["nodes"]
    assert [(node["reserved"], node["stockMovements"]["totalCount"]) for node in nodes] == [(1, 2)] * 10
    assert len(many) == len(few)
