"""The port spoken to Stripe: card PaymentIntents, confirmed by a call of their own and captured by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import stripe
from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams, RefundCreateParams

from domains.payments.gateway import (
    Declined,
    GatewayUnavailable,
    Intent,
    IntentStatus,
    ProviderDispute,
    ProviderRefund,
    RefundStatus,
)
from domains.payments.stripe.amounts import from_stripe, to_stripe
from domains.payments.stripe.client import client, is_replayed_failure, punctual, translated

PAGE = 100
REFUNDS = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
REFUND_KEYS = 3  # of one operation: the next one is for when Stripe stored a failure of its own under the one before
UNEXPECTED_STATE = "payment_intent_unexpected_state"
TOO_MUCH = "charge_already_refunded"
REFUND_FAILED = "refund_failed"

type Keyed = Callable[[stripe.RequestOptions], stripe.PaymentIntent]


class StripeGateway:
    """One client a process. A method's requests, one to a dozen, begin within PAYMENT_GATEWAY_TIMEOUT of its call."""

    def __init__(self) -> None:
        v1 = client().v1
        self._intents, self._refunds, self._disputes = v1.payment_intents, v1.refunds, v1.disputes

    @punctual()
    def create(self, *, key: str, amount: int, currency: str, method: str, reference: str) -> Intent:
        wanted: PaymentIntentCreateParams = {
            "amount": to_stripe(amount, currency),
            "currency": currency.lower(),
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
            "description": f"Order {reference}",
            "metadata": {"payment_key": key, "reference": reference},
        }
        try:
            with translated():
                # A second intent does no harm: one that nobody confirms holds nothing.
                return _brief(_repeatable(key, lambda options: self._intents.create(wanted, options)))
        except Declined as refusal:  # the payment method is all that an intent of ours refers to
            raise Declined("invalid_payment_method" if refusal.code == "resource_missing" else refusal.code) from None

    @punctual()
    def confirm(self, intent_id: str, *, key: str, return_url: str) -> Intent:
        wanted: PaymentIntentConfirmParams = {"return_url": return_url}
        try:
            with translated():
                # Confirmed once, an intent refuses a second time.
                return _brief(_repeatable(key, lambda options: self._intents.confirm(intent_id, wanted, options)))
        except Declined as refusal:
            intent = self.retrieve(intent_id)
            if intent.status == IntentStatus.REQUIRES_CONFIRMATION:  # it would be refused again: end it
                self.cancel(intent_id)
                raise Declined(refusal.code) from None
            return intent

    @punctual()
    def retrieve(self, intent_id: str) -> Intent:
        intent = self._whole(self._get(intent_id))
        return dataclasses.replace(intent, disputes=self._disputes_of(intent_id)) if intent.captured else intent

    @punctual()
    def cancel(self, intent_id: str) -> Intent:
        try:
            with translated():
                return _brief(self._intents.cancel(intent_id))
        except Declined:
            intent = self.retrieve(intent_id)
        if intent.status == IntentStatus.SUCCEEDED:
            raise Declined(UNEXPECTED_STATE)
        if intent.status != IntentStatus.CANCELED:  # still being processed
            raise GatewayUnavailable
        return intent

    @punctual()
    def capture(self, intent_id: str, *, amount: int, key: str) -> Intent:
        now = self._get(intent_id)
        if _brief(now).status == IntentStatus.REQUIRES_CAPTURE:
            wanted = to_stripe(amount, now.currency)
            with translated():
                # Captured once, an intent refuses a second time.
                now = _repeatable(
                    key, lambda options: self._intents.capture(intent_id, {"amount_to_capture": wanted}, options)
                )
        intent = self._whole(now)
        if intent.status != IntentStatus.SUCCEEDED or intent.captured != amount:
            raise Declined(UNEXPECTED_STATE)
        return intent

    @punctual()
    def refund(self, intent_id: str, *, amount: int, operation_id: str, key: str) -> Intent:
        """The keys follow from each other, and the refunds are read before each: rivals never make two of them."""
        for number in range(1, REFUND_KEYS + 1):
            now = self._get(intent_id)
            before = self._whole(now)
            if known := before.refund_of(operation_id):
                if known.status == RefundStatus.FAILED:
                    raise Declined(REFUND_FAILED)
                return before
            if amount > before.captured - before.given_back:
                raise Declined(TOO_MUCH)
            wanted: RefundCreateParams = {
                "payment_intent": intent_id,
                "amount": to_stripe(amount, now.currency),
                "metadata": {"operation_id": operation_id},
            }
            if made := self._give_back(wanted, key if number == 1 else f"{key}:{number}"):
                return dataclasses.replace(before, refunds=(*before.refunds, made))
        raise GatewayUnavailable

    def _give_back(self, wanted: RefundCreateParams, key: str) -> ProviderRefund | None:
        """None for a failure that was stored under the key. Raises Declined for a refund that failed at once."""
        with translated():
            try:
                made = self._refunds.create(wanted, {"idempotency_key": key})
            except stripe.StripeError as error:
                if not is_replayed_failure(error):
                    raise
                return None
            refund = _refund(made)
            if refund.status == RefundStatus.FAILED:
                raise Declined(getattr(made, "failure_reason", None) or REFUND_FAILED)
            return refund

    def _get(self, intent_id: str) -> stripe.PaymentIntent:
        with translated():
            return self._intents.retrieve(intent_id)

    def _whole(self, intent: stripe.PaymentIntent) -> Intent:
        """With its refunds, which only captured money can have."""
        brief = _brief(intent)
        if not brief.captured:
            return brief
        with translated():
            page = self._refunds.list({"payment_intent": intent.id, "limit": PAGE})
            refunds = [_refund(refund) for refund in page.auto_paging_iter()]
        uncaptured = from_stripe(intent.amount - intent.amount_received, intent.currency)
        return dataclasses.replace(brief, refunds=_of_captured(refunds, uncaptured))

    def _disputes_of(self, intent_id: str) -> tuple[ProviderDispute, ...]:
        with translated():
            page = self._disputes.list({"payment_intent": intent_id, "limit": PAGE})
            return tuple(map(_dispute, page.auto_paging_iter()))


@translated()
def _brief(intent: stripe.PaymentIntent) -> Intent:
    return Intent(
        id=intent.id,
        status=IntentStatus(intent.status),
        client_secret=intent.client_secret or "",
        decline_code=_decline_code(intent),
        captured=from_stripe(intent.amount_received, intent.currency),
    )


def _decline_code(intent: stripe.PaymentIntent) -> str:
    error = intent.last_payment_error
    if intent.status != IntentStatus.REQUIRES_PAYMENT_METHOD or error is None:
        return ""
    return getattr(error, "decline_code", None) or getattr(error, "code", None) or "card_declined"


@translated()
def _refund(refund: stripe.Refund) -> ProviderRefund:
    metadata = refund.metadata.to_dict() if refund.metadata else {}
    amount, status = from_stripe(refund.amount, refund.currency), REFUNDS[str(refund.status)]
    return ProviderRefund(refund.id, metadata.get("operation_id", ""), amount, status)


@translated()
def _dispute(dispute: stripe.Dispute) -> ProviderDispute:
    due_by = dispute.evidence_details.due_by
    return ProviderDispute(
        id=dispute.id,
        amount=from_stripe(dispute.amount, dispute.currency),
        status=dispute.status,
        reason=dispute.reason,
        evidence_due_at=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def _of_captured(refunds: list[ProviderRefund], uncaptured: int) -> tuple[ProviderRefund, ...]:
    """Without the one, the oldest, by which Stripe lets go what was held and not captured: that was never charged."""
    released = [refund for refund in refunds if not refund.operation_id and refund.amount == uncaptured]
    return tuple(refund for refund in refunds if refund not in released[-1:])


def _repeatable(key: str, call: Keyed) -> stripe.PaymentIntent:
    """For calls that are safe to repeat: past a failure that Stripe stored under the key, with a fresh one."""
    try:
        return call({"idempotency_key": key})
    except stripe.StripeError as error:
        if not is_replayed_failure(error):
            raise
    return call({"idempotency_key": f"{key}:{uuid4()}"})
