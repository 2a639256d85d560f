"""What comes back of an order, and whether it is for sale again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from domains.accounts.models import User
from domains.common.data.idempotency import fingerprint
from domains.common.data.models import NO_ID, IdempotencyKey
from domains.common.errors import ValidationError
from domains.common.viewer import Viewer
from domains.orders.models import Order, ReturnedLine
from domains.orders.services import Return, refund_order
from domains.payments.gateway import Declined
from domains.payments.models import Refund
from domains.payments.sandbox.gateway import SandboxGateway
from domains.products.models import Product, StockMovement
from tests.api import Api, gid
from tests.domains.common.together import together
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, buy, events, the_order
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

STOCK = 10


@pytest.fixture
def goods() -> list[Product]:
    return [ProductFactory.create(price=price, stock=STOCK, name=name) for price, name in ((1000, "Mug"), (250, "Tea"))]


@pytest.fixture
def sent(api: Api, staff: Api, goods: list[Product]) -> Order:
    """FULFILLED: three mugs and two teas for 35.00."""
    buy(api, list(zip(goods, (3, 2), strict=True)))
    staff.call("fulfillOrder", "order { id }", orderId=gid(the_order()))
    return the_order()


def line(order: Order, name: str) -> str:
    return gid(order.lines.get(product_name=name))


def back(order: Order, name: str, quantity: int, **fields: bool) -> dict[str, Any]:
    return {"orderLineId": line(order, name), "quantity": quantity, **fields}


def refund(staff: Api, order: Order, *returns: dict[str, Any], **fields: Any) -> dict[str, Any]:
    wish = {"orderId": gid(order), "reason": "Broken", "idempotencyKey": uuid4(), "returns": list(returns), **fields}
    selection = "replayed refund { amount { amount } } order { status lines { returnedQuantity } }"
    return staff.call("refundOrder", selection, **wish)


def returned(order: Order) -> list[int]:
    return list(order.lines.order_by("position").values_list("returned_quantity", flat=True))


def assert_nothing_came_back(order: Order) -> None:
    assert (set(returned(order)), ReturnedLine.objects.count()) == ({0}, 0)
    assert not StockMovement.objects.filter(reason="RETURN").exists()


def test_what_comes_back_is_paid_back_and_for_sale_again(staff: Api, sent: Order, goods: list[Product]) -> None:
    answer = refund(staff, sent, back(sent, "Mug", 1), back(sent, "Tea", 2, restock=False), back(sent, "Mug", 1))
    assert answer["refund"]["amount"] == {"amount": "25.00"}
    assert [one["returnedQuantity"] for one in answer["order"]["lines"]] == [2, 2]
    assert_stock_agrees(goods[0], stock=STOCK - 3 + 2)
    assert_stock_agrees(goods[1], stock=STOCK - 2)
    assert events(sent)[-3:] == ["RETURNED", "REFUND_REQUESTED", "REFUND_MADE"]
    assert sent.events.get(type="RETURNED").message == "Came back: 2 x Mug, 2 x Tea"
    assert sent.events.get(type="REFUND_REQUESTED").message == "A refund of 25.00 GBP is being made"


def test_an_amount_is_given_back_instead_of_the_price(staff: Api, sent: Order) -> None:
    answer = refund(staff, sent, back(sent, "Mug", 3), amount="0.01")
    assert (answer["refund"]["amount"], returned(sent)) == ({"amount": "0.01"}, [3, 0])


def test_a_repetition_restocks_nothing_again(staff: Api, sent: Order, goods: list[Product]) -> None:
    """Whatever the order in which it names the same, and at the same moment as the first."""
    halves = [back(sent, "Mug", 1), back(sent, "Tea", 1), back(sent, "Mug", 1)]
    key = uuid4()
    wishes = [halves, [back(sent, "Tea", 1), back(sent, "Mug", 2, restock=True)]]
    calls = [partial(refund, Api(token=staff.token), sent, *wish, idempotencyKey=key) for wish in wishes]
    answers = together(*calls)
    assert sorted(answer["replayed"] for answer in answers) == [False, True]
    assert (returned(sent), Refund.objects.count()) == ([2, 1], 1)
    assert_stock_agrees(goods[0], stock=STOCK - 3 + 2)
    other = [back(sent, "Tea", 1), back(sent, "Mug", 2, restock=False)]
    assert refund(staff, sent, *other, idempotencyKey=key)["__typename"] == "IdempotencyConflictError"


def test_an_input_without_returns_keeps_the_fingerprint_of_the_release_before(staff: Api, sent: Order) -> None:
    key = uuid4()
    assert refund(staff, sent, idempotencyKey=key, amount="5", returns=None)["replayed"] is False
    before = fingerprint({"order": str(sent.id), "amount": 500, "reason": "Broken"})
    assert IdempotencyKey.objects.get(key=key).fingerprint == before


def test_more_than_was_sent_never_comes_back(staff: Api, sent: Order) -> None:
    """Of two calls at once, each with more than half of it, one is refused."""
    calls = [partial(refund, Api(token=staff.token), sent, back(sent, "Mug", 2), amount="1") for _ in range(2)]
    answers = together(*calls)
    assert sorted(answer["__typename"] for answer in answers) == ["RefundOrderSuccess", "ValidationError"]
    answer = refund(staff, sent, back(sent, "Mug", 1), back(sent, "Tea", 1), back(sent, "Mug", 1))
    assert (answer["__typename"], answer["path"]) == ("ValidationError", ["input", "returns", "2", "quantity"])
    assert (returned(sent), Refund.objects.count()) == ([2, 0], 1)


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ([], [], "REQUIRED"),
        ([{"line_id": NO_ID}], ["0", "orderLineId"], "UNKNOWN"),
        ([{}, {"quantity": 0}], ["1", "quantity"], "TOO_SMALL"),
        ([{"quantity": 4}], ["0", "quantity"], "TOO_LARGE"),
        ([{}] * 101, [], "TOO_LONG"),
    ],
)
def test_what_cannot_come_back_is_refused(
    staff_member: User, sent: Order, changes: list[dict[str, Any]], path: list[str], code: str
) -> None:
    mug = Return(sent.lines.get(product_name="Mug").id, 1, restock=True)
    with pytest.raises(ValidationError) as refusal:
        refund_order(
            viewer=Viewer(staff_member.id, is_staff=True),
            order_id=sent.id,
            amount=None,
            reason="Broken",
            key=uuid4(),
            returns=[replace(mug, **change) for change in changes],
        )
    assert [(one.path, one.code) for one in refusal.value.problems] == [(["returns", *path], code)]
    assert_nothing_came_back(sent)


def test_a_line_of_another_order_is_unknown(staff: Api, api: Api, sent: Order) -> None:
    buy(api, [(ProductFactory.create(name="Pot"), 1)])
    answer = refund(staff, sent, back(Order.objects.latest("created_at"), "Pot", 1))
    assert (answer["__typename"], answer["path"]) == ("ValidationError", ["input", "returns", "0", "orderLineId"])


def test_what_costs_more_than_is_left_does_not_come_back(staff: Api, sent: Order) -> None:
    refund(staff, sent, amount="30", returns=None)
    key = uuid4()
    answer = refund(staff, sent, back(sent, "Mug", 1), idempotencyKey=key)
    assert (answer["__typename"], answer["path"]) == ("RefundTooLargeError", ["input", "returns"])
    assert_nothing_came_back(sent)
    assert refund(staff, sent, back(sent, "Mug", 1), amount="5", idempotencyKey=key)["replayed"] is False


def test_what_cost_nothing_needs_an_amount(staff: Api, sent: Order) -> None:
    sent.lines.filter(product_name="Tea").update(unit_price=0, total=0)
    answer = refund(staff, sent, back(sent, "Tea", 1))
    assert (answer["__typename"], answer["path"]) == ("ValidationError", ["input", "amount"])


def test_an_order_that_was_not_sent_cannot_come_back(api: Api, staff: Api, goods: list[Product]) -> None:
    buy(api, [(goods[0], 3), (goods[1], 1)])
    assert refund(staff, the_order(), back(the_order(), "Mug", 1))["__typename"] == "InvalidStateError"
    assert_nothing_came_back(the_order())


def test_what_came_back_stays_when_the_provider_refuses_the_refund(
    staff: Api, sent: Order, goods: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise Declined("charge_disputed")

    with monkeypatch.context() as refusing:
        refusing.setattr(SandboxGateway, "refund", refused)
        assert refund(staff, sent, back(sent, "Mug", 2))["__typename"] == "InvalidStateError"
    assert returned(sent) == [2, 0]
    assert_stock_agrees(goods[0], stock=STOCK - 1)
    assert refund(staff, sent, amount="20", returns=None)["refund"]["amount"] == {"amount": "20.00"}
