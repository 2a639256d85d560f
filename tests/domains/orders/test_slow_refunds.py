"""Refunds that the provider makes later, or not at all, and money that a cardholder's bank takes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone

from domains.orders.models import Order
from domains.payments.handlers import ask_about_pending_refunds
from domains.payments.models import Dispute, Payment, PaymentOperation, Refund, SandboxRefund
from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.orders.dashboard import TOTAL, assert_in_order, drain, refund, state
from tests.domains.orders.shop import DATABASES, buy, events, the_order
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
REFUND = "order { status payment { refunded { amount } } } refund { status creditNoteNumber amount { amount } }"
PAYMENT = """query ($id: ID!) { order(id: $id) { payment { provider reference
    disputes { amount { amount } reason status evidenceDueAt } } } }"""


def sent(api: Api, staff: Api, method: str) -> Order:
    buy(api, [(ProductFactory.create(price=TOTAL), 1)], method)
    staff.call("fulfillOrder", "order { id }", orderId=gid(the_order()))
    drain()
    return the_order()


def let_the_provider_decide() -> None:
    SandboxRefund.objects.update(created_at=F("created_at") - timedelta(minutes=1))


def refund_whole(staff: Api, order: Order, **fields: Any) -> Any:
    wish = {"orderId": gid(order), "reason": "Broken", "idempotencyKey": uuid4(), **fields}
    return staff.call("refundOrder", REFUND, **wish)


def test_a_refund_that_the_provider_makes_later_is_pending_until_it_says_so(
    api: Api, staff: Api, tell: Callable[[Order], None]
) -> None:
    order, key = sent(api, staff, "pm_card_pendingRefund"), uuid4()
    for _ in range(2):
        told = refund_whole(staff, order, idempotencyKey=key)
        assert told["refund"] == {"status": "PENDING", "creditNoteNumber": None, "amount": {"amount": "20.00"}}
        assert told["order"] == {"status": "FULFILLED", "payment": {"refunded": {"amount": "20.00"}}}
        drain()
    assert PaymentOperation.objects.get(kind="REFUND").status == "SUCCEEDED"
    assert refund(staff, order, amount="0.01") == "RefundTooLargeError"
    assert events(order)[-1] == "REFUND_REQUESTED"
    assert_in_order()

    let_the_provider_decide()
    for _ in range(2):
        tell(order)
        drain()
    assert (state(), Refund.objects.get().status) == (("REFUNDED", "CAPTURED", TOTAL, TOTAL), "SUCCEEDED")
    assert Counter(events(order))["REFUND_MADE"] == 1
    assert Refund.objects.get().credit_note_number == f"CN-{timezone.now().year}-000001"
    assert the_order().payment.refunds_pending == 0
    assert_in_order()


def test_a_pending_refund_is_asked_about_though_no_news_comes(api: Api, staff: Api) -> None:
    order = sent(api, staff, "pm_card_pendingRefund")
    refund(staff, order)
    drain()
    let_the_provider_decide()
    ask_about_pending_refunds()
    drain()
    assert state()[0] == "FULFILLED"  # it was asked a moment ago
    Refund.objects.update(updated_at="2026-01-01T00:00:00Z")
    ask_about_pending_refunds()
    drain()
    assert state()[0] == "REFUNDED"


def test_a_refund_that_fails_later_stays_to_be_seen_and_its_money_can_be_asked_for_again(
    api: Api, staff: Api, tell: Callable[[Order], None]
) -> None:
    order = sent(api, staff, "pm_card_refundFail")
    assert refund_whole(staff, order)["refund"]["status"] == "SUCCEEDED"
    drain()
    assert state()[0] == "REFUNDED"
    let_the_provider_decide()
    for _ in range(2):
        tell(order)
        drain()
    assert (state(), Refund.objects.get().status) == (("FULFILLED", "CAPTURED", TOTAL, 0), "FAILED")
    assert [event.message for event in order.events.filter(type="REFUND_FAILED")] == [
        "The bank did not take a refund of 20.00 GBP"
    ]
    assert_in_order()
    assert refund_whole(staff, order)["refund"]["creditNoteNumber"] == f"CN-{timezone.now().year}-000002"


def test_a_dispute_is_seen_by_staff_alone_and_its_money_is_not_refunded(api: Api, staff: Api) -> None:
    order = sent(api, staff, "pm_card_createDispute")
    about = {"id": gid(order)}
    seen = api.data(PAYMENT, about)["order"]["payment"]
    assert seen == {"provider": "sandbox", "reference": None, "disputes": []}
    seen = staff.data(PAYMENT, about)["order"]["payment"]
    assert (seen["provider"], seen["reference"]) == ("sandbox", order.payment.intent_id)
    (dispute,) = seen["disputes"]
    assert dispute.pop("evidenceDueAt") is not None
    assert dispute == {"amount": {"amount": "20.00"}, "reason": "fraudulent", "status": "needs_response"}
    assert refund(staff, order, amount="0.01") == "RefundTooLargeError"


@pytest.mark.parametrize(("status", "left"), [("lost", 1_500), ("won", 2_000), ("warning_needs_response", 2_000)])
def test_what_is_disputed_is_refundable_once_the_bank_has_given_it_back(
    staff: Api, order: Order, product: Product, status: str, left: int
) -> None:
    staff.call("fulfillOrder", "order { id }", orderId=gid(order))
    Dispute.objects.create(payment=Payment.objects.get(), reference="dp_1", amount=500, currency="GBP", status=status)
    assert refund(staff, order, amount=f"{(left + 1) / 100}") == "RefundTooLargeError"
    assert refund(staff, order) == "RefundOrderSuccess"
    drain()
    assert state()[3] == left
