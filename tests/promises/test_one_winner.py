"""Promise: of a cancellation and a fulfilment of one order exactly one wins, and its refund never comes too early."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domains.accounts.models import User
from domains.common.background.models import OutboxMessage
from domains.orders.models import Order
from domains.payments.models import Payment, PaymentOperation, SandboxIntent, SandboxRefund
from domains.products.models import Product
from tests.api import gid
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory, UserFactory
from tests.processes import running, wait_until
from tests.promises.figures import Rounds, figures, size
from tests.promises.shoppers import Shopper, at_once, post

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

ROUNDS = size(8, 200)
STOCK, PRICE = 10, 1_000
LOST = "InvalidStateError"


def test_of_cancel_fulfil_and_refund_at_once_exactly_one_wins(staff_member: User, tmp_path: Path) -> None:
    """Web, worker and relay are processes of their own. A refund may follow the fulfilment that it met."""
    rounds = Rounds("one_winner", ROUNDS)
    with running(tmp_path / "mails", "web", "worker", "relay") as stack:
        buyer, staff = Shopper(stack.url, UserFactory.create(proven=True)), Shopper(stack.url, staff_member)
        for number in rounds:
            product = ProductFactory.create(price=PRICE, stock=STOCK)
            assert buyer.buy(product)["__typename"] == "CreateOrderSuccess"
            order = Order.objects.select_related("payment").get(lines__product=product)
            answers = compete(staff, gid(order))
            wait_until(all_is_done, what="all work is done")
            rounds.finish(number, **{outcome(order, product, answers): 1})
    figures("one_winner", rounds=ROUNDS, **rounds.total)
    assert rounds.total.total() == ROUNDS


def compete(staff: Shopper, order_id: str) -> list[str]:
    """What cancel, fulfil and refund answer when they are called at the same moment."""
    why = {"reason": "Broken", "idempotencyKey": str(uuid4())}
    fields: dict[str, dict[str, str]] = {"cancelOrder": {}, "fulfillOrder": {}, "refundOrder": why}
    calls = [partial(call, staff, mutation, {"orderId": order_id, **more}) for mutation, more in fields.items()]
    return at_once(calls, threads=len(calls))


def call(staff: Shopper, mutation: str, fields: dict[str, Any]) -> str:
    name = f"{mutation[0].upper()}{mutation[1:]}"
    query = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename }} }}"
    return str(post(staff.url, staff.token, query, {"input": fields})["data"][mutation]["__typename"])


def all_is_done() -> bool:
    return not OutboxMessage.objects.filter(done_at__isnull=True).exists()


def outcome(order: Order, product: Product, answers: list[str]) -> str:
    """Who won; order, payment, provider and stock say the same."""
    order.refresh_from_db()
    payment = Payment.objects.get(id=order.payment_id)
    intent = SandboxIntent.objects.get(reference=payment.intent_id)
    given_back = sum(SandboxRefund.objects.filter(intent=intent).values_list("amount", flat=True))
    money = (payment.status, payment.captured, payment.refunded, intent.status, intent.captured, given_back)
    won = tuple(answer.removesuffix("OrderSuccess") for answer in answers)
    ends: dict[tuple[str, ...], tuple[str, str, tuple[object, ...], int]] = {
        ("Cancel", *[LOST] * 2): ("cancelled", "CANCELLED", ("VOIDED", 0, 0, "canceled", 0, 0), STOCK),
        (LOST, "Fulfill", LOST): (
            "fulfilled",
            "FULFILLED",
            ("CAPTURED", PRICE, 0, "succeeded", PRICE, 0),
            STOCK - 1,
        ),
        (LOST, "Fulfill", "Refund"): (
            "fulfilled_and_refunded",
            "REFUNDED",
            ("CAPTURED", PRICE, PRICE, "succeeded", PRICE, PRICE),
            STOCK - 1,
        ),
    }
    name, status, expected, stock = ends[won]
    assert (order.status, money) == (status, expected)
    assert not PaymentOperation.objects.filter(payment=payment, status__in=["REQUESTED", "FAILED"]).exists()
    assert_stock_agrees(product, stock=stock)
    return name
