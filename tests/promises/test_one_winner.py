"""Promise: of a cancellation and a fulfilment of one order exactly one wins, and its refund never comes too early."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from domains.accounts.models import User
from domains.orders.models import Order
from domains.payments.models import Payment, PaymentOperation, SandboxIntent, SandboxRefund
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, assert_stock_agrees, buy, deliver_due, make_due
from tests.factories import ProductFactory
from tests.promises.figures import Rounds, figures, size

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

ROUNDS = size(15, 200)
STOCK, PIECES, PRICE = 10, 2, 1_000


def test_of_cancel_fulfil_and_refund_at_once_exactly_one_wins(customer: User, staff_member: User) -> None:
    """While a worker delivers what comes due, as it does in the shop."""
    buyer, token = Api(customer), Api(staff_member).token
    rounds = Rounds("one_winner", ROUNDS)
    for number in rounds:
        product = ProductFactory.create(price=PRICE, stock=STOCK)
        order = Order.objects.select_related("payment").get(serial=_serial(buy(buyer, [(product, PIECES)])))
        answers = compete(token, gid(order))
        drain()
        rounds.finish(number, **{outcome(order, product, answers): 1})
    figures("one_winner", rounds=ROUNDS, **rounds.total)
    assert rounds.total.total() == ROUNDS


def _serial(answer: dict[str, Any]) -> int:
    return int(answer["order"]["number"].partition("-")[2])


def compete(token: str | None, order_id: str) -> list[str]:
    """What cancel, fulfil and refund answer when they are called at the same moment."""
    gate = threading.Barrier(3)

    def call(mutation: str, fields: dict[str, Any]) -> str:
        with own_connections():
            api = Api(token=token)
            gate.wait()
            return str(api.call(mutation, "order { id }", orderId=order_id, **fields)["__typename"])

    calls: list[Callable[[], str]] = [
        partial(call, "cancelOrder", {}),
        partial(call, "fulfillOrder", {}),
        partial(call, "refundOrder", {"reason": "Broken", "idempotencyKey": uuid4()}),
    ]
    with worker(), ThreadPoolExecutor(3) as pool:
        return [future.result() for future in [pool.submit(each) for each in calls]]


@contextmanager
def worker() -> Iterator[None]:
    """Relay and worker in a thread."""
    over = threading.Event()

    def work() -> None:
        with own_connections():
            while not over.wait(0.005):
                deliver_due()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        yield
        over.set()
        working.result()


@contextmanager
def own_connections() -> Iterator[None]:
    """For a thread: its connections end with it."""
    try:
        yield
    finally:
        connections.close_all()


def drain() -> None:
    for _ in range(3):  # an operation, the news of it, what follows
        make_due()
        deliver_due()


def outcome(order: Order, product: Product, answers: list[str]) -> str:
    """Who won; order, payment, provider and stock say the same."""
    order.refresh_from_db()
    payment = Payment.objects.get(id=order.payment_id)
    intent = SandboxIntent.objects.get(reference=payment.intent_id)
    given_back = sum(SandboxRefund.objects.filter(intent=intent).values_list("amount", flat=True))
    money = (payment.status, payment.captured, payment.refunded, intent.status, intent.captured, given_back)
    total = PIECES * PRICE
    won = tuple(answer.removesuffix("OrderSuccess") for answer in answers)
    ends: dict[tuple[str, ...], tuple[str, str, tuple[object, ...], int]] = {
        ("Cancel", *[LOST] * 2): ("cancelled", "CANCELLED", ("VOIDED", 0, 0, "canceled", 0, 0), STOCK),
        (LOST, "Fulfill", LOST): (
            "fulfilled",
            "FULFILLED",
            ("CAPTURED", total, 0, "succeeded", total, 0),
            STOCK - PIECES,
        ),
        (LOST, "Fulfill", "Refund"): (
            "fulfilled_and_refunded",
            "REFUNDED",
            ("CAPTURED", total, total, "succeeded", total, total),
            STOCK - PIECES,
        ),
    }
    name, status, expected, stock = ends[won]
    assert (order.status, money) == (status, expected)
    assert not PaymentOperation.objects.filter(payment=payment, status__in=["REQUESTED", "FAILED"]).exists()
    assert_stock_agrees(product, stock=stock)
    return name


LOST = "InvalidStateError"
