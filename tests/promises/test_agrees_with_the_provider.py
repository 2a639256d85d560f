"""Promise: whatever happens between us and the payment provider, in the end both say the same of every payment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db.models.functions import Now

from domains.common.background.models import OutboxMessage
from domains.common.graphql.ids import to_global_id
from domains.orders.models import Order
from domains.payments.models import Payment, PaymentOperation, WebhookEvent
from domains.products.models import Product
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory, StaffFactory
from tests.localstripe import ASKING_CARD, DECLINED_CARD, KEY, add_card, localstripe
from tests.processes import Stack, wait_until
from tests.promises.figures import figures, size
from tests.promises.shoppers import Shopper, at_once, crowd, outcomes, post
from tests.promises.stripe_proxy import Fault, Plan, StripeProxy, stripe_proxy
from tests.promises.webhook_storm import Storm

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

ORDERS = size(24, 500)  # of fewer not every fault meets one
SEED = 6
PATIENCE = 1.0  # seconds: our time-out
FAULTS = {Fault.LATE: 0.10, Fault.LOST: 0.04, Fault.BROKEN: 0.04, Fault.AWAY: 0.04}
SECRET = "whsec_of_this_test"
THREADS = 8
PRICE = 1_250
MUTATION = """mutation ($input: %sInput!) { %s(input: $input) { __typename ... on UserError { code } } }"""
AT_THE_PROVIDER = {
    "AUTHORIZED": {"requires_capture"},
    "CAPTURED": {"succeeded"},
    "VOIDED": {"canceled"},
    "FAILED": {"canceled"},  # a declined intent could be tried again with another card
}
OF_THE_ORDER = {
    "AUTHORIZED": {"CONFIRMED"},
    "CAPTURED": {"FULFILLED", "REFUNDED"},
    "VOIDED": {"CANCELLED"},
    "FAILED": {"CANCELLED"},
}
OPEN = (
    Order.objects.filter(status="PENDING"),
    PaymentOperation.objects.filter(status="REQUESTED"),
    OutboxMessage.objects.filter(done_at=None),
)


class Shop:
    """Customers, staff and cardholders of a shop whose provider is behind the proxy."""

    def __init__(self, stack: Stack, proxy: StripeProxy, upstream: str) -> None:
        self.proxy = proxy
        self.product: Product = ProductFactory.create(stock=ORDERS, price=PRICE)
        self.results: Counter[str] = Counter()
        self._dice = random.Random(SEED)
        self._methods = ["pm_card_visa"] * 8 + [add_card(upstream, card) for card in (DECLINED_CARD, ASKING_CARD)]
        self._customers = crowd(stack.url, ORDERS)
        self._staff = Shopper(stack.url, StaffFactory.create())
        self._asked: set[str] = set()

    def place(self) -> None:
        """Everybody orders; every sixth cancels what is not decided yet or just was."""
        calls = [partial(self._place, customer, self._dice.choice(self._methods)) for customer in self._customers]
        self.results += outcomes(at_once(calls, threads=THREADS))
        some = self._dice.sample(self._orders(), ORDERS // 6)
        self._do("cancelOrder", [{"orderId": order_id} for order_id in some])

    def fulfil(self) -> None:
        confirmed = self._orders(status="CONFIRMED")
        self._do("fulfillOrder", [{"orderId": order_id} for order_id in confirmed[: len(confirmed) * 3 // 4]])

    def refund(self) -> None:
        """A part and then, for some, the rest; each call is made twice at once, as by an impatient client."""
        fulfilled = self._orders(status="FULFILLED")
        parts = [self._refund(order_id, amount="2.50") for order_id in fulfilled[: len(fulfilled) * 2 // 3]]
        rests = [self._refund(order_id) for order_id in fulfilled[: len(fulfilled) // 3]]
        for refunds in (parts, rests):
            self._do("refundOrder", [wish for wish in refunds for _ in range(2)])

    def answer_banks(self) -> None:
        """Cardholders who are asked complete or refuse, by turns."""
        asked = Payment.objects.filter(status="REQUIRES_ACTION").exclude(intent_id__in=self._asked)
        for intent_id, secret in asked.values_list("intent_id", "client_secret"):
            self._asked.add(intent_id)
            answer = urlencode({"client_secret": secret, "success": "true" if len(self._asked) % 2 else "false"})
            self.proxy.forward("POST", f"/v1/payment_intents/{intent_id}/_authenticate", answer, f"Bearer {KEY}")

    def is_quiet(self) -> bool:
        """Whether all is done; the mail to whoever is not back from the bank is due now, not when a minute is over."""
        self.answer_banks()
        OutboxMessage.objects.filter(topic="orders.action", attempts=0).update(due_at=Now())
        return not any(open_.exists() for open_ in OPEN)

    def there(self, path: str, **query: object) -> dict[str, Any]:
        """What the provider says."""
        return self.proxy.forward("GET", f"/v1/{path}?{urlencode(query)}", "", f"Bearer {KEY}").content

    def _place(self, customer: Shopper, method: str) -> dict[str, Any]:
        """Placed, and asked once more when the first answer was: not decided yet."""
        key = uuid4()
        result = customer.buy(self.product, method=method, key=key)
        return customer.buy(self.product, method=method, key=key) if _is_pending(result) else result

    def _orders(self, **filters: str) -> list[str]:
        ids = Order.objects.filter(**filters).order_by("id").values_list("id", flat=True)
        return [str(to_global_id("Order", id_)) for id_ in ids]

    def _refund(self, order_id: str, **amount: str) -> dict[str, str]:
        return {"orderId": order_id, "reason": "Too small", "idempotencyKey": str(uuid4()), **amount}

    def _do(self, name: str, inputs: list[dict[str, str]]) -> None:
        query = MUTATION % (name[0].upper() + name[1:], name)
        calls = [partial(post, self._staff.url, self._staff.token, query, {"input": input_}) for input_ in inputs]
        self.results += outcomes(answer["data"][name] for answer in at_once(calls, threads=THREADS))


@contextmanager
def shop(tmp_path: Path) -> Iterator[tuple[Shop, Storm]]:
    (tmp_path / "mails").mkdir()
    storm = Storm(SECRET, seed=SEED)
    with localstripe() as upstream, stripe_proxy(upstream) as proxy:
        provider = {"STRIPE_API_KEY": KEY, "STRIPE_API_BASE": proxy.address, "STRIPE_WEBHOOK_SECRET": SECRET}
        environment = {**provider, "PAYMENT_GATEWAY": "stripe", "PAYMENT_GATEWAY_TIMEOUT": str(PATIENCE)}
        queue = f"{settings.REDIS_PREFIX}{uuid4().hex}:"  # without what other stacks left behind
        with Stack(tmp_path / "mails", REDIS_PREFIX=queue, **environment) as stack:
            stack.start("web", "worker", "relay")
            storm.target = stack.url.replace("/graphql", "/webhooks/stripe")
            storm.start()
            proxy.news = storm.tell
            yield Shop(stack, proxy, upstream), storm


def test_our_books_equal_the_providers_after_faults_and_stormy_webhooks(tmp_path: Path) -> None:
    with shop(tmp_path) as (ours, storm):
        ours.proxy.plan = Plan(SEED, FAULTS, PATIENCE)
        for act in (ours.place, ours.answer_banks, ours.fulfil, ours.refund):
            act()
        ours.proxy.plan = Plan()
        wait_until(
            lambda: storm.is_over() and ours.is_quiet(),
            what="everything is decided",
            seconds=size(120, 600),
            longest=0.25,
        )
        figures(
            "agrees with the provider",
            orders=ORDERS,
            **Counter(Order.objects.values_list("status", flat=True)),
            **ours.proxy.faults,
            **storm.counts,
        )
        assert [payment.id for payment in Payment.objects.all() if not agrees(ours, payment)] == []
        assert_nothing_is_held_behind_our_back(ours)
        assert set(ours.proxy.captures.values()) == {1}
        assert_the_weather_was_bad(ours, storm)
    kept = Order.objects.exclude(status="CANCELLED").count()
    assert_stock_agrees(ours.product, stock=ORDERS - kept)


def agrees(ours: Shop, payment: Payment) -> bool:
    """State, captured and refunded money, each refund by its operation; and the order that follows."""
    if payment.order.status not in OF_THE_ORDER[payment.status]:
        return False
    if not payment.intent_id:
        return payment.status in ("FAILED", "VOIDED")
    intent = ours.there(f"payment_intents/{payment.intent_id}")
    refunds = ours.there("refunds", payment_intent=payment.intent_id, limit=100)["data"] if payment.captured else []
    theirs = sorted((UUID(refund["metadata"]["operation_id"]), refund["amount"]) for refund in refunds)
    return (
        intent["status"] in AT_THE_PROVIDER[payment.status]
        and intent["amount_received"] == payment.captured
        and payment.refunded == sum(amount for _, amount in theirs)
        and theirs == sorted(payment.refunds.values_list("id", "amount"))
    )


def assert_nothing_is_held_behind_our_back(ours: Shop) -> None:
    """An intent that we know nothing of was never confirmed: its creation was answered with a failure."""
    known = set(Payment.objects.values_list("intent_id", flat=True))
    all_ = ours.there("payment_intents", limit=100 * ORDERS)["data"]
    strangers = {intent["status"] for intent in all_ if intent["id"] not in known}
    assert strangers <= {"requires_confirmation", "canceled"}


def assert_the_weather_was_bad(ours: Shop, storm: Storm) -> None:
    assert all(ours.proxy.faults[fault] for fault in FAULTS)
    assert storm.counts["dropped"]
    assert storm.counts["duplicates"]
    assert storm.counts["answered 200"] >= WebhookEvent.objects.count() > 0
    assert not any(storm.counts[name] for name in storm.counts if name.startswith(("answered 4", "not")))


def _is_pending(result: dict[str, Any]) -> bool:
    return bool(result["__typename"] == "PaymentPendingError")
