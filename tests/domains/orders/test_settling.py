"""Deciding orders whose payment was left open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from pytest_django import Settings

from domains.accounts.models import User
from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.orders.errors import PaymentDeclinedError
from domains.orders.models import Order
from domains.orders.services import expire_orders, settle_order
from domains.orders.services.settling import EXPIRED, answer, ask
from domains.payments.gateway import IntentStatus
from domains.payments.models import Payment, SandboxIntent
from domains.payments.sandbox.gateway import decide
from domains.payments.services import Outcome, provider_changed
from tests.api import Api
from tests.domains.orders.shop import (
    DATABASES,
    assert_stock_agrees,
    buy,
    deliver_due,
    events,
    make_due,
    the_order,
)
from tests.factories import ProductFactory
from tests.processes import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

# One process for all crashes, as it takes long to start; each is that of a fork of it, without a database yet.
CRASHES = """
import os, sys, django
django.setup()
from uuid import UUID
from django.utils.module_loading import import_string
from importlib import import_module
from domains.common.viewer import Viewer
from domains.orders.services import CartLine, create_order
def crash(module, name, when, viewer, product, method, key):
    owner = import_string(module) if module.rpartition(".")[2][0].isupper() else import_module(module)
    real = getattr(owner, name)
    def dying(*args, **kwargs):
        if when == "after":
            real(*args, **kwargs)
        os._exit(9)
    setattr(owner, name, dying)
    create_order(viewer=Viewer(UUID(viewer)), lines=[CartLine(UUID(product), 2)], payment_method=method, key=UUID(key))
for line in sys.stdin:
    if not (child := os.fork()):
        try:
            crash(*line.split())
        finally:
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
GATEWAY = "domains.payments.sandbox.gateway.SandboxGateway"
POINTS = [
    ("domains.orders.services.placing", "_take", "after"),
    ("domains.payments.services", "settle", "before"),
    (GATEWAY, "create", "before"),
    (GATEWAY, "create", "after"),
    (GATEWAY, "confirm", "before"),
    (GATEWAY, "confirm", "after"),
    ("domains.orders.services.settling", "decide", "before"),
    ("domains.orders.services.events", "move", "after"),
    ("domains.orders.services.settling", "decide", "after"),
]


type Crash = Callable[..., int]


@pytest.fixture(scope="module")
def crash(django_db_setup: None) -> Iterator[Crash]:
    """Order in another process that dies at a point; its exit status."""
    with subprocess.Popen(
        [sys.executable, "-c", CRASHES],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        source, sink = process.stdout, process.stdin
        assert source
        assert sink

        def order(*words: object) -> int:
            print(*words, file=sink, flush=True)
            return int(source.readline())

        yield order
        sink.close()


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_chargeDeclined"])
@pytest.mark.parametrize(("module", "name", "when"), POINTS)
def test_a_crash_at_any_point_ends_in_a_decided_order(
    crash: Crash, customer: User, module: str, name: str, when: str, method: str
) -> None:
    product, key = ProductFactory.create(stock=5), uuid4()
    assert crash(module, name, when, customer.id, product.id, method, key) == 9
    make_due()
    deliver_due()
    answer = buy(Api(customer), [(product, 2)], method, key)
    order = the_order()
    assert SandboxIntent.objects.exclude(status="requires_confirmation").count() == 1
    if method == "pm_card_visa":
        assert (answer["order"]["status"], order.payment.status) == ("CONFIRMED", "AUTHORIZED")
        assert events(order)[:2] == ["PLACED", "CONFIRMED"]
        assert_stock_agrees(product, stock=3)
    else:
        assert (answer["code"], order.status, order.payment.status) == ("PAYMENT_DECLINED", "CANCELLED", "FAILED")
        assert_stock_agrees(product, stock=5)


def test_a_crash_before_the_first_commit_leaves_nothing(crash: Crash, customer: User) -> None:
    product = ProductFactory.create(stock=5)
    point = ("domains.orders.services.placing", "_take", "before")
    assert crash(*point, customer.id, product.id, "pm_card_visa", uuid4()) == 9
    assert not Order.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert_stock_agrees(product, stock=5)


@pytest.mark.parametrize(
    ("complete", "status", "payment", "stock"),
    [(True, "CONFIRMED", "AUTHORIZED", 4), (False, "CANCELLED", "FAILED", 5)],
)
def test_the_cardholder_decides(api: Api, complete: bool, status: str, payment: str, stock: int) -> None:
    product = ProductFactory.create(stock=5)
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    intent_id = decide(the_order().payment.client_secret, complete=complete)
    assert intent_id is not None
    provider_changed(intent_id)
    deliver_due()
    order = the_order()
    assert (order.status, order.payment.status) == (status, payment)
    assert_stock_agrees(product, stock=stock)


def test_an_unpaid_order_expires_and_can_never_be_paid_afterwards(api: Api) -> None:
    product = ProductFactory.create(stock=5)
    buy(api, [(product, 1)], "pm_card_authenticationRequired")
    secret = the_order().payment.client_secret
    Order.objects.update(expires_at="2026-01-01T00:00:00Z")
    assert expire_orders() == 1
    order = the_order()
    assert (order.status, SandboxIntent.objects.get().status) == ("CANCELLED", "requires_action")  # nobody asked it yet
    deliver_due()
    assert (the_order().payment.status, SandboxIntent.objects.get().status) == ("VOIDED", "canceled")
    assert events(order)[-1] == "EXPIRED"
    assert_stock_agrees(product, stock=5)
    assert decide(secret, complete=True) is None
    assert expire_orders() == 0


@pytest.mark.parametrize("method", ["pm_card_authenticationRequired", "pm_sandbox_timeout"])
def test_an_order_that_expired_is_replayed_as_declined(api: Api, settings: Settings, method: str) -> None:
    settings.PAYMENT_GATEWAY_TIMEOUT = 0.01
    product, key = ProductFactory.create(stock=5), uuid4()
    buy(api, [(product, 1)], method, key)
    Order.objects.update(expires_at="2026-01-01T00:00:00Z")
    expire_orders()
    assert buy(api, [(product, 1)], method, key)["__typename"] == "PaymentDeclinedError"
    with pytest.raises(PaymentDeclinedError) as refusal:
        answer(the_order().id)
    assert (refusal.value.decline_code, the_order().status) == (EXPIRED, "CANCELLED")


def test_an_order_that_is_not_late_does_not_expire(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    assert expire_orders() == 0
    assert the_order().status == "PENDING"


def test_an_order_without_an_intent_expires_and_a_late_rival_cannot_save_one(customer: User) -> None:
    """The process that placed it stalled before the provider was called, longer than the payment window."""
    product = ProductFactory.create(stock=5)
    order = place_only(customer, product.id)
    stalled = Order.objects.select_related("payment").get()
    Order.objects.update(expires_at="2026-01-01T00:00:00Z")
    expire_orders()
    deliver_due()  # the void

    assert ask(stalled).status == "VOIDED"
    assert SandboxIntent.objects.get().status == "canceled"
    order.refresh_from_db()
    assert order.status == "CANCELLED"
    assert_stock_agrees(product, stock=5)


def test_a_hold_that_comes_after_a_cancellation_is_voided(customer: User) -> None:
    product = ProductFactory.create(stock=5)
    order = place_only(customer, product.id)
    from domains.orders.services.settling import decide as write_down

    ask(order)
    Order.objects.update(status="CANCELLED")  # as a cancellation that committed in between
    write_down(order.id, order.payment_id, Outcome(IntentStatus.REQUIRES_CAPTURE))
    assert Payment.objects.get().status == "AUTHORIZED"
    deliver_due()
    assert (Payment.objects.get().status, SandboxIntent.objects.get().status) == ("VOIDED", "canceled")


def test_an_undecided_order_is_asked_about_again_later(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)], "pm_card_authenticationRequired")
    with pytest.raises(outbox.Postpone) as later:
        settle_order(the_order().id, attempts=2)
    assert later.value.after.total_seconds() == 10


def test_a_decided_order_is_left_alone(api: Api) -> None:
    buy(api, [(ProductFactory.create(), 1)])
    settle_order(the_order().id)
    assert events(the_order()) == ["PLACED", "CONFIRMED"]


def place_only(customer: User, product_id: object) -> Order:
    """An order whose process stopped right after the first transaction."""
    from domains.common.data.models import new_id
    from domains.common.viewer import Viewer
    from domains.orders.services.carts import CartLine, Checkout
    from domains.orders.services.placing import _place

    checkout = Checkout([CartLine(product_id, 1)], "pm_card_visa")  # type: ignore[arg-type]
    _place(viewer=Viewer(customer.id), checkout=checkout, key=uuid4(), order_id=new_id())
    return Order.objects.select_related("payment").get()
