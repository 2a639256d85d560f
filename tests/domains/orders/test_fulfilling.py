"""Sending orders and giving money back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from domains.common.background.models import OutboxMessage
from domains.common.guard.bulkhead import PAYMENTS
from domains.payments.gateway import Declined, GatewayUnavailable
from domains.payments.models import Payment, PaymentOperation, Refund, SandboxIntent, SandboxRefund
from domains.payments.sandbox.gateway import SandboxGateway
from tests.api import Api
from tests.domains.common.refusals import broken
from tests.domains.orders.shop import DATABASES, buy, deliver_due, events, make_due, the_order
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
ORDER = (
    "order { status payment { status captured { amount } refunded { amount } refunds { amount { amount } reason } } }"
)
REFUND = f"replayed refund {{ amount {{ amount }} reason }} {ORDER}"


@pytest.fixture
def order_id(api: Api) -> str:
    """The id of a CONFIRMED order of 20.00."""
    order_id: str = buy(api, [(ProductFactory.create(price=1000, stock=10), 2)])["order"]["id"]
    return order_id


def refund(staff: Api, order_id: str, **fields: Any) -> dict[str, Any]:
    return staff.call(
        "refundOrder", REFUND, **{"orderId": order_id, "reason": "Broken", "idempotencyKey": uuid4(), **fields}
    )


def test_fulfilling_captures_the_hold(staff: Api, order_id: str) -> None:
    order = staff.call("fulfillOrder", ORDER, orderId=order_id)["order"]
    assert (order["status"], order["payment"]["status"]) == ("FULFILLED", "CAPTURED")
    assert order["payment"]["captured"] == {"amount": "20.00"}
    assert SandboxIntent.objects.get().captured == 2000
    assert events(the_order()) == ["PLACED", "CONFIRMED", "CAPTURE_REQUESTED", "FULFILLED"]


def test_only_staff_fulfil_and_refund(api: Api, nobody: Api, order_id: str) -> None:
    for name, fields in (("fulfillOrder", ""), ("refundOrder", f', reason: "", idempotencyKey: "{uuid4()}"')):
        query = f'mutation {{ {name}(input: {{orderId: "x"{fields}}}) {{ __typename }} }}'
        assert (api.code(query), nobody.code(query)) == ("FORBIDDEN", "UNAUTHENTICATED")


def test_a_second_fulfilment_and_a_late_cancellation_are_invalid_states(staff: Api, order_id: str) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    assert staff.call("fulfillOrder", ORDER, orderId=order_id)["__typename"] == "InvalidStateError"
    assert staff.call("cancelOrder", "order { id }", orderId=order_id)["__typename"] == "InvalidStateError"
    assert staff.call("fulfillOrder", ORDER, orderId="nonsense")["__typename"] == "NotFoundError"


def test_money_is_given_back_in_parts_until_the_order_is_refunded(staff: Api, order_id: str) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    part = refund(staff, order_id, amount="7.50")
    assert (part["refund"]["amount"], part["order"]["status"]) == ({"amount": "7.50"}, "FULFILLED")
    rest = refund(staff, order_id)
    assert (rest["refund"]["amount"], rest["order"]["status"]) == ({"amount": "12.50"}, "REFUNDED")
    assert [row["amount"]["amount"] for row in rest["order"]["payment"]["refunds"]] == ["7.50", "12.50"]
    assert sum(SandboxRefund.objects.values_list("amount", flat=True)) == 2000
    assert refund(staff, order_id)["__typename"] == "InvalidStateError"


def test_more_than_is_left_is_too_large(staff: Api, order_id: str) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    refund(staff, order_id, amount="15")
    query = """mutation ($input: RefundOrderInput!) { refundOrder(input: $input) {
        ... on RefundTooLargeError { code path refundable { amount currencyCode } } } }"""
    wish = {"orderId": order_id, "amount": "5.01", "reason": "Broken", "idempotencyKey": str(uuid4())}
    assert staff.data(query, {"input": wish})["refundOrder"] == {
        "code": "REFUND_TOO_LARGE",
        "path": ["input", "amount"],
        "refundable": {"amount": "5.00", "currencyCode": "GBP"},
    }


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"amount": "0"}, ["input", "amount"], "TOO_SMALL"),
        ({"amount": "-1"}, ["input", "amount"], "TOO_SMALL"),
        ({"amount": "1.001"}, ["input", "amount"], "INVALID"),
        ({"reason": " "}, ["input", "reason"], "REQUIRED"),
    ],
)
def test_a_refund_needs_an_amount_and_a_reason(
    staff: Api, order_id: str, fields: dict[str, str], path: list[str], code: str
) -> None:
    wanted = {"orderId": order_id, "reason": "Broken", "idempotencyKey": str(uuid4()), **fields}
    assert broken(staff, "refundOrder", **wanted) == {(".".join(path), code)}


def test_a_refund_of_an_order_that_was_not_sent_is_an_invalid_state_and_keeps_no_key(staff: Api, order_id: str) -> None:
    key = uuid4()
    assert refund(staff, order_id, idempotencyKey=key)["__typename"] == "InvalidStateError"
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    assert refund(staff, order_id, idempotencyKey=key)["replayed"] is False
    assert refund(staff, "nonsense")["__typename"] == "NotFoundError"


def test_a_refund_is_replayed_under_its_key(staff: Api, order_id: str) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    key = uuid4()
    first = refund(staff, order_id, amount="5", idempotencyKey=key)
    again = refund(staff, order_id, amount="5.00", idempotencyKey=key)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["refund"] == first["refund"]
    assert refund(staff, order_id, amount="6", idempotencyKey=key)["__typename"] == "IdempotencyConflictError"
    assert Refund.objects.count() == SandboxRefund.objects.count() == 1


def test_ten_refunds_at_once_never_give_back_more_than_was_captured(staff: Api, order_id: str) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)

    def give(_: int) -> str:
        try:
            return str(refund(Api(token=staff.token), order_id, amount="6")["__typename"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PAYMENTS.threads) as pool:
        answers = sorted(pool.map(give, range(10)))
    assert answers == ["RefundOrderSuccess"] * 3 + ["RefundTooLargeError"] * 7
    assert Payment.objects.get().refunded == sum(SandboxRefund.objects.values_list("amount", flat=True)) == 1800


def test_a_capture_whose_caller_died_is_finished_by_the_outbox(staff: Api, order_id: str) -> None:
    from domains.common.viewer import Viewer
    from domains.orders.models import Shipment
    from domains.orders.services.fulfilling import _claim

    _claim(Viewer(the_order().customer_id), Shipment(order_id=the_order().id))
    assert the_order().status == "CONFIRMED"
    for _ in range(3):  # the operation, the news of it, the mail about that
        make_due()
        deliver_due()
    assert (the_order().status, the_order().payment.status) == ("FULFILLED", "CAPTURED")
    assert not OutboxMessage.objects.filter(done_at__isnull=True).exists()


def test_a_hold_that_is_gone_declines_the_capture_and_the_order_is_not_sent(staff: Api, order_id: str) -> None:
    SandboxIntent.objects.update(status="canceled")
    answer = staff.call("fulfillOrder", ORDER, orderId=order_id)
    assert (answer["__typename"], answer["path"]) == ("PaymentDeclinedError", ["input", "orderId"])
    assert "payment method" not in answer["message"]
    assert "key" not in answer["message"]
    assert the_order().status == "CONFIRMED"
    assert PaymentOperation.objects.get().status == "FAILED"
    assert events(the_order())[-2:] == ["CAPTURE_REQUESTED", "CAPTURE_FAILED"]


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
    """The provider refuses every refund from now on."""

    def refused(*_: object, **__: object) -> None:
        raise error or Declined("charge_disputed")

    monkeypatch.setattr(SandboxGateway, "refund", refused)


def test_a_refund_that_the_provider_refuses_says_why_and_its_history_has_an_end(
    staff: Api, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    refuse(monkeypatch)
    key = uuid4()
    answer = refund(staff, order_id, amount="5", idempotencyKey=key)
    assert (answer["__typename"], answer["path"]) == ("InvalidStateError", ["input", "orderId"])
    assert "charge_disputed" in answer["message"]
    assert refund(staff, order_id, amount="5", idempotencyKey=key) == answer
    make_due()
    deliver_due()  # the same news once more
    assert [event for event in events(the_order()) if "REFUND" in event] == ["REFUND_REQUESTED", "REFUND_FAILED"]
    said = "A refund of 5.00 GBP could not be made: charge disputed"
    assert the_order().events.get(type="REFUND_FAILED").message == said
    assert Payment.objects.get().refunded == 0


def test_a_refund_is_too_large_only_when_less_is_left(
    staff: Api, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    key = uuid4()
    with monkeypatch.context() as refusing:
        refuse(refusing)
        assert refund(staff, order_id, idempotencyKey=key)["__typename"] == "InvalidStateError"
    refund(staff, order_id, amount="15")
    assert refund(staff, order_id, amount="5.01")["__typename"] == "RefundTooLargeError"
    assert refund(staff, order_id, amount="5")["__typename"] == "RefundOrderSuccess"


def test_a_refusal_that_the_outbox_hears_of_is_told_too(
    staff: Api, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.call("fulfillOrder", ORDER, orderId=order_id)
    refuse(monkeypatch, GatewayUnavailable())
    assert refund(staff, order_id)["__typename"] == "PaymentPendingError"
    refuse(monkeypatch)
    for _ in range(2):  # the operation, then the news of it
        make_due()
        deliver_due()
    assert events(the_order())[-1] == "REFUND_FAILED"


def test_orders_whose_hold_is_about_to_end_are_cancelled(order_id: str) -> None:
    from domains.orders.services import expire_holds

    assert expire_holds() == 0
    Payment.objects.update(authorized_at="2026-01-01T00:00:00Z")
    assert expire_holds() == 1
    make_due()
    deliver_due()  # the hold ends there
    deliver_due()  # the void
    assert (the_order().status, the_order().payment.status) == ("CANCELLED", "VOIDED")
