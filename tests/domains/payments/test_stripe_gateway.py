"""The port spoken to somebody else's Stripe, whose lies and faults must not become ours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from domains.payments.gateway import Declined, GatewayUnavailable, Intent, IntentStatus, RefundStatus
from domains.payments.stripe.gateway import StripeGateway
from tests.localstripe import ASKING_CARD, DECLINED_CARD, KEY, add_card, ask
from tests.promises.stripe_proxy import Fault, Plan, StripeProxy

REFERENCE = "2026-000123"


def created(gateway: StripeGateway, method: str = "pm_card_visa", amount: int = 2_990) -> Intent:
    wanted = {"amount": amount, "currency": "GBP", "method": method, "reference": REFERENCE}
    return gateway.create(key=f"{uuid4()}:create", **wanted)  # type: ignore[arg-type]


def confirmed(gateway: StripeGateway, intent: Intent, key: str = "") -> Intent:
    return gateway.confirm(intent.id, key=key or f"{uuid4()}:confirm", return_url="https://shop.example/orders/1")


def held(gateway: StripeGateway, method: str = "pm_card_visa") -> Intent:
    return confirmed(gateway, created(gateway, method))


def captured(gateway: StripeGateway) -> Intent:
    return gateway.capture(held(gateway).id, amount=2_990, key=f"{uuid4()}:capture")


def refund(gateway: StripeGateway, intent: Intent, amount: int, operation: str | None = None) -> Intent:
    operation = operation or str(uuid4())
    return gateway.refund(intent.id, amount=amount, operation_id=operation, key=f"{operation}:refund")


def test_an_intent_is_created_unconfirmed_and_once_for_a_key(
    gateway: StripeGateway, provider: StripeProxy, upstream: str
) -> None:
    wanted = {"amount": 2_990, "currency": "GBP", "method": "pm_card_visa", "reference": REFERENCE}
    first, second = (gateway.create(key="one:create", **wanted) for _ in range(2))  # type: ignore[arg-type]
    assert (first.status, first.captured, first.refunds) == (IntentStatus.REQUIRES_CONFIRMATION, 0, ())
    assert first.client_secret.startswith(first.id)
    assert second == first
    there = ask(upstream, f"/v1/payment_intents/{first.id}")
    assert (there["amount"], there["currency"], there["capture_method"]) == (2_990, "gbp", "manual")
    assert there["metadata"] == {"payment_key": "one:create", "reference": REFERENCE}
    assert provider.descriptions[first.id] == f"Order {REFERENCE}"


def test_confirming_holds_the_money(gateway: StripeGateway) -> None:
    intent = held(gateway)
    assert (intent.status, intent.captured) == (IntentStatus.REQUIRES_CAPTURE, 0)
    assert gateway.retrieve(intent.id) == intent
    assert confirmed(gateway, intent) == intent


def test_an_unknown_payment_method_is_declined(gateway: StripeGateway) -> None:
    with pytest.raises(Declined) as refusal:
        created(gateway, "pm_nobody_knows")
    assert refusal.value.code == "invalid_payment_method"


def test_a_declined_card_is_told_with_its_code(gateway: StripeGateway, upstream: str) -> None:
    intent = held(gateway, add_card(upstream, DECLINED_CARD))
    assert (intent.status, intent.decline_code) == (IntentStatus.REQUIRES_PAYMENT_METHOD, "card_declined")


@pytest.mark.parametrize(
    ("success", "status"),
    [("true", IntentStatus.REQUIRES_CAPTURE), ("false", IntentStatus.REQUIRES_PAYMENT_METHOD)],
)
def test_the_cardholder_is_asked_and_decides(
    gateway: StripeGateway, upstream: str, success: str, status: IntentStatus
) -> None:
    intent = held(gateway, add_card(upstream, ASKING_CARD))
    assert intent.status == IntentStatus.REQUIRES_ACTION
    ask(
        upstream,
        f"/v1/payment_intents/{intent.id}/_authenticate",
        client_secret=intent.client_secret,
        success=success,
    )
    assert gateway.retrieve(intent.id).status == status


def test_cancelling_ends_an_intent_and_may_be_repeated(gateway: StripeGateway) -> None:
    for intent in (created(gateway), held(gateway)):
        assert gateway.cancel(intent.id).status == IntentStatus.CANCELED
        assert gateway.cancel(intent.id).status == IntentStatus.CANCELED
        assert confirmed(gateway, intent).status == IntentStatus.CANCELED


def test_captured_money_is_not_cancelled(gateway: StripeGateway) -> None:
    intent = captured(gateway)
    with pytest.raises(Declined):
        gateway.cancel(intent.id)
    assert gateway.retrieve(intent.id).captured == 2_990


def test_a_capture_is_made_once_and_its_repetition_agrees(gateway: StripeGateway, provider: StripeProxy) -> None:
    intent = captured(gateway)
    assert (intent.status, intent.captured) == (IntentStatus.SUCCEEDED, 2_990)
    assert gateway.capture(intent.id, amount=2_990, key="another:capture") == intent
    assert provider.captures[intent.id] == 1


def test_nothing_is_captured_after_a_cancellation(gateway: StripeGateway, provider: StripeProxy) -> None:
    """localstripe would."""
    intent = held(gateway)
    gateway.cancel(intent.id)
    with pytest.raises(Declined):
        gateway.capture(intent.id, amount=2_990, key=f"{uuid4()}:capture")
    assert provider.captures[intent.id] == 0


def test_refunds_carry_our_operation_and_are_made_once(gateway: StripeGateway) -> None:
    intent, operation = captured(gateway), str(uuid4())
    for _ in range(2):
        assert [(made.operation_id, made.amount) for made in refund(gateway, intent, 990, operation).refunds] == [
            (operation, 990)
        ]
    refund(gateway, intent, 2_000)
    assert sorted(made.amount for made in gateway.retrieve(intent.id).refunds) == [990, 2_000]


def test_no_more_is_given_back_than_was_captured(gateway: StripeGateway) -> None:
    """localstripe would."""
    intent = captured(gateway)
    refund(gateway, intent, 2_000)
    with pytest.raises(Declined):
        refund(gateway, intent, 991)
    with pytest.raises(Declined):
        refund(gateway, held(gateway), 1)
    assert sum(made.amount for made in gateway.retrieve(intent.id).refunds) == 2_000


def test_what_was_held_and_not_captured_was_not_given_back(gateway: StripeGateway) -> None:
    """Though Stripe lists it as a refund."""
    intent = gateway.capture(held(gateway).id, amount=1_000, key=f"{uuid4()}:capture")
    assert (intent.captured, intent.refunds, gateway.retrieve(intent.id).refunds) == (1_000, (), ())
    assert refund(gateway, intent, 1_000).given_back == 1_000


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.BROKEN, Fault.AWAY])
def test_an_answer_that_does_not_come_is_an_unknown_outcome(
    gateway: StripeGateway, provider: StripeProxy, fault: Fault
) -> None:
    intent = created(gateway)
    provider.plan = Plan(shares={fault: 1.0}, patience=provider.plan.patience)
    with pytest.raises(GatewayUnavailable):
        confirmed(gateway, intent)
    provider.plan = Plan()
    done = IntentStatus.REQUIRES_CONFIRMATION if fault == Fault.AWAY else IntentStatus.REQUIRES_CAPTURE
    assert gateway.retrieve(intent.id).status == done


def test_a_stored_failure_does_not_stand_in_the_way_for_a_day(gateway: StripeGateway, provider: StripeProxy) -> None:
    wanted = {
        "key": "stored:create",
        "amount": 100,
        "currency": "GBP",
        "method": "pm_card_visa",
        "reference": REFERENCE,
    }
    provider.plan = Plan(shares={Fault.BROKEN: 1.0})
    with pytest.raises(GatewayUnavailable):
        gateway.create(**wanted)  # type: ignore[arg-type]
    provider.plan = Plan()
    assert gateway.create(**wanted).status == IntentStatus.REQUIRES_CONFIRMATION  # type: ignore[arg-type]


def test_a_refund_gets_past_a_stored_failure_and_is_made_once(gateway: StripeGateway, provider: StripeProxy) -> None:
    """Whether it had been made before the failure, or had not."""
    for fault, made in ((Fault.BROKEN, 1), (Fault.UNDONE, 0)):
        intent, operation = captured(gateway), str(uuid4())
        provider.plan = Plan(shares={fault: 1.0}, only="POST /v1/refunds")
        with pytest.raises(GatewayUnavailable):
            refund(gateway, intent, 990, operation)
        assert provider.refunds[intent.id] == made
        provider.plan = Plan()
        for _ in range(2):
            answer = refund(gateway, intent, 990, operation)
            assert [(one.operation_id, one.amount) for one in answer.refunds] == [(operation, 990)]
        assert provider.refunds[intent.id] == 1


@pytest.mark.parametrize("state", ["failed", "canceled"])
def test_a_refund_that_fails_gave_nothing_back(gateway: StripeGateway, provider: StripeProxy, state: str) -> None:
    """At once, or after it was made."""
    intent, later = captured(gateway), str(uuid4())
    refund(gateway, intent, 990, later)
    provider.say = {"refund": {"status": state}}
    for operation in (str(uuid4()), later):
        with pytest.raises(Declined):
            refund(gateway, intent, 990, operation)
    there = gateway.retrieve(intent.id)
    assert (there.given_back, {refund.status for refund in there.refunds}) == (0, {RefundStatus.FAILED})
    assert there.refund_of(later)


def test_a_refund_that_waits_is_pending_and_made_once(gateway: StripeGateway, provider: StripeProxy) -> None:
    intent, operation = captured(gateway), str(uuid4())
    provider.say = {"refund": {"status": "pending"}}
    for _ in range(2):
        made = refund(gateway, intent, 2_990, operation)
        assert [(one.status, one.operation_id) for one in made.refunds] == [(RefundStatus.PENDING, operation)]
    assert (provider.refunds[intent.id], made.given_back) == (1, 2_990)


def test_disputes_of_an_intent_are_told_when_it_is_read(gateway: StripeGateway, provider: StripeProxy) -> None:
    intent = captured(gateway)
    about = {"object": "dispute", "currency": "gbp", "amount": 990, "reason": "fraudulent", "created": 1}
    for number, due_by in enumerate((None, 1_800_000_000)):
        there = {"id": f"dp_{number}", "payment_intent": intent.id, "status": "needs_response"}
        provider.lists["/v1/disputes"].append(about | there | {"evidence_details": {"due_by": due_by}})
    assert [(one.id, one.amount, one.status, one.reason) for one in gateway.retrieve(intent.id).disputes] == [
        (f"dp_{number}", 990, "needs_response", "fraudulent") for number in range(2)
    ]
    assert [one.evidence_due_at and one.evidence_due_at.year for one in gateway.retrieve(intent.id).disputes] == [
        None,
        2027,
    ]


@pytest.mark.parametrize("fields", [{"status": "a_new_one"}, {"status": None}, {"currency": None}, {"id": None}])
def test_an_answer_that_cannot_be_understood_is_an_unknown_outcome(
    gateway: StripeGateway, provider: StripeProxy, fields: dict[str, Any]
) -> None:
    intent = captured(gateway)
    provider.say = {"payment_intent": fields}
    calls: list[Callable[[], Intent]] = [
        lambda: gateway.retrieve(intent.id),
        lambda: gateway.cancel(intent.id),
        lambda: captured(gateway),
        lambda: refund(gateway, intent, 990),
    ]
    for call in calls:
        with pytest.raises(GatewayUnavailable):
            call()


def test_a_call_of_many_requests_ends_within_twice_the_time_out(
    gateway: StripeGateway, provider: StripeProxy, settings: Settings
) -> None:
    """Each answer takes a quarter of it; a refund needs three, and would go on with a second key."""
    intent = captured(gateway)
    settings.PAYMENT_GATEWAY_TIMEOUT = provider.plan.patience / 5
    provider.plan = Plan(shares={Fault.LATE: 1.0}, patience=provider.plan.patience)
    with pytest.raises(GatewayUnavailable):
        refund(gateway, intent, 990)
    assert provider.faults[Fault.LATE] == 1
    assert provider.refunds[intent.id] == 0


def test_a_provider_that_is_not_there_is_an_unknown_outcome(settings: Settings) -> None:
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = KEY, "http://127.0.0.1:9"
    with pytest.raises(GatewayUnavailable):
        StripeGateway().retrieve("pi_1")


def test_the_key_is_in_no_log_and_no_error(
    provider: StripeProxy, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "rk_refused_canary", provider.address
    with caplog.at_level(logging.DEBUG), pytest.raises(GatewayUnavailable) as refusal:
        StripeGateway().retrieve("pi_1")
    assert "canary" not in caplog.text + repr(refusal.value) + repr(refusal.value.__cause__)
    assert [record.levelname for record in caplog.records if record.name.startswith("domains.")] == ["WARNING"]
