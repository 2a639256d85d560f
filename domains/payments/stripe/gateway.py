"""The port spoken to Stripe: card PaymentIntents, confirmed by a call of their own and captured by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from uuid import uuid4

import stripe
from django.conf import settings
from stripe.params import PaymentIntentCreateParams, RefundCreateParams

from domains.payments.gateway import Declined, GatewayUnavailable, Intent, IntentStatus, ProviderRefund
from domains.payments.stripe.amounts import from_stripe, to_stripe
from domains.payments.stripe.errors import is_replayed_failure, translated

CONNECT_SHARE = 0.25  # of the time-out; the rest is for the answer
REFUNDS_A_PAGE = 100
NOTHING_GIVEN_BACK = frozenset({"failed", "canceled"})  # states of a refund
UNEXPECTED_STATE = "payment_intent_unexpected_state"
TOO_MUCH = "charge_already_refunded"

type Keyed = Callable[[stripe.RequestOptions], stripe.PaymentIntent]


class StripeGateway:
    """One client a process. Each of a method's one to four requests ends within PAYMENT_GATEWAY_TIMEOUT.

    The SDK repeats nothing by itself: after an answer that got lost our callers ask about the intent.
    """

    def __init__(self) -> None:
        seconds = settings.PAYMENT_GATEWAY_TIMEOUT
        base_address: str = settings.STRIPE_API_BASE or stripe.DEFAULT_API_BASE
        timeout = (seconds * CONNECT_SHARE, seconds * (1 - CONNECT_SHARE))
        client = stripe.StripeClient(
            settings.STRIPE_API_KEY,
            base_addresses={"api": base_address},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout),
        )
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds

    def create(self, *, key: str, amount: int, currency: str, method: str) -> Intent:
        wanted: PaymentIntentCreateParams = {
            "amount": to_stripe(amount, currency),
            "currency": currency.lower(),
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
            "metadata": {"payment_key": key},
        }
        try:
            with translated():
                # A second intent does no harm: one that nobody confirms holds nothing.
                return _brief(_repeatable(key, lambda options: self._intents.create(wanted, options)))
        except Declined as refusal:  # the payment method is all that an intent of ours refers to
            raise Declined("invalid_payment_method" if refusal.code == "resource_missing" else refusal.code) from None

    def confirm(self, intent_id: str, *, key: str) -> Intent:
        try:
            with translated():
                # Confirmed once, an intent refuses a second time.
                return _brief(_repeatable(key, lambda options: self._intents.confirm(intent_id, {}, options)))
        except Declined as refusal:
            intent = self.retrieve(intent_id)
            if intent.status == IntentStatus.REQUIRES_CONFIRMATION:  # it would be refused again: end it
                self.cancel(intent_id)
                raise Declined(refusal.code) from None
            return intent

    def retrieve(self, intent_id: str) -> Intent:
        return self._whole(self._get(intent_id))

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

    def capture(self, intent_id: str, *, amount: int, key: str) -> Intent:
        now = self._get(intent_id)
        if now.status == "requires_capture":
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

    def refund(self, intent_id: str, *, amount: int, operation_id: str, key: str) -> Intent:
        now = self._get(intent_id)
        before = self._whole(now)
        if any(refund.operation_id == operation_id for refund in before.refunds):
            return before
        if amount > before.captured - sum(refund.amount for refund in before.refunds):
            raise Declined(TOO_MUCH)
        wanted: RefundCreateParams = {
            "payment_intent": intent_id,
            "amount": to_stripe(amount, now.currency),
            "metadata": {"operation_id": operation_id},
        }
        with translated():
            made = self._refunds.create(wanted, {"idempotency_key": key})
        return dataclasses.replace(before, refunds=(*before.refunds, _refund(made)))

    def _get(self, intent_id: str) -> stripe.PaymentIntent:
        with translated():
            return self._intents.retrieve(intent_id)

    def _whole(self, intent: stripe.PaymentIntent) -> Intent:
        """With its refunds, which only captured money can have."""
        if not intent.amount_received:
            return _brief(intent)
        with translated():
            page = self._refunds.list({"payment_intent": intent.id, "limit": REFUNDS_A_PAGE})
            made = [refund for refund in page.auto_paging_iter() if refund.status not in NOTHING_GIVEN_BACK]
        return dataclasses.replace(_brief(intent), refunds=tuple(_refund(refund) for refund in made))


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


def _refund(refund: stripe.Refund) -> ProviderRefund:
    metadata = refund.metadata.to_dict() if refund.metadata else {}
    return ProviderRefund(refund.id, metadata.get("operation_id", ""), from_stripe(refund.amount, refund.currency))


def _repeatable(key: str, call: Keyed) -> stripe.PaymentIntent:
    """For calls that are safe to repeat: past a failure that Stripe stored under the key, with a fresh one."""
    try:
        return call({"idempotency_key": key})
    except stripe.StripeError as error:
        if not is_replayed_failure(error):
            raise
    return call({"idempotency_key": f"{key}:{uuid4()}"})
