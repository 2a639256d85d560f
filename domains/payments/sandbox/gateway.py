"""The sandbox's answers. Test methods: https://docs.stripe.com/testing names those that begin with pm_card."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from domains.common.data.prepared import fetch_one
from domains.common.data.writes import change_one, insert
from domains.payments.gateway import (
    Declined,
    GatewayUnavailable,
    Intent,
    IntentStatus,
    ProviderDispute,
    ProviderRefund,
    RefundStatus,
)
from domains.payments.sandbox.models import SandboxIntent, SandboxRefund

DATABASE = "sandbox"
SLOW_SECONDS = 0.1
LATE = timedelta(seconds=5)  # pm_sandbox_timeout is authorized, and a refund is decided at last, this much later
EVIDENCE = timedelta(days=7)  # a dispute can be answered

# Plain and prepared: what a provider elsewhere computes should not be most of what an order costs here.
_METHOD = "SELECT method FROM payments_sandboxintent WHERE reference = %s AND status = 'requires_confirmation'"
_CONFIRM = """UPDATE payments_sandboxintent
    SET status = %s, decline_code = %s, authorizes_at = %s, updated_at = statement_timestamp()
    WHERE reference = %s AND status = 'requires_confirmation'"""

Status = IntentStatus
CONFIRMATIONS = {  # what a payment method makes of an intent, and with which decline code
    "pm_card_visa": (Status.REQUIRES_CAPTURE, ""),
    "pm_card_chargeDeclined": (Status.REQUIRES_PAYMENT_METHOD, "generic_decline"),
    "pm_card_authenticationRequired": (Status.REQUIRES_ACTION, ""),
    "pm_sandbox_slow": (Status.REQUIRES_CAPTURE, ""),
    "pm_sandbox_timeout": (Status.PROCESSING, ""),
    "pm_card_pendingRefund": (Status.REQUIRES_CAPTURE, ""),
    "pm_card_refundFail": (Status.REQUIRES_CAPTURE, ""),
    "pm_card_createDispute": (Status.REQUIRES_CAPTURE, ""),
}
REFUNDS = {  # what a payment method makes of a refund at first, and in the end
    "pm_card_pendingRefund": (RefundStatus.PENDING, RefundStatus.SUCCEEDED),
    "pm_card_refundFail": (RefundStatus.SUCCEEDED, RefundStatus.FAILED),
}


class SandboxGateway:
    """It knows the payment methods of CONFIRMATIONS. `pm_card_createDispute` is disputed once it is captured."""

    def create(self, *, key: str, amount: int, currency: str, method: str, reference: str) -> Intent:
        if method not in CONFIRMATIONS:
            raise Declined("invalid_payment_method")
        intent_id = f"pi_{secrets.token_hex(12)}"
        fresh = {
            "reference": intent_id,
            "amount": amount,
            "currency": currency,
            "method": method,
            "client_secret": f"{intent_id}_secret_{secrets.token_urlsafe(18)}",
        }
        record = SandboxIntent(idempotency_key=key, **fresh)
        try:
            insert(record, using=DATABASE)
        except IntegrityError:  # the same key again
            record = SandboxIntent.objects.using(DATABASE).get(idempotency_key=key)
        return _intent(record)

    def confirm(self, intent_id: str, *, key: str, return_url: str) -> Intent:
        record = _confirmed(intent_id)
        if record is None:
            return self.retrieve(intent_id)
        if record.method == "pm_sandbox_slow":
            time.sleep(SLOW_SECONDS)
        if record.method == "pm_sandbox_timeout":
            time.sleep(settings.PAYMENT_GATEWAY_TIMEOUT)
            raise GatewayUnavailable
        return _intent(record)

    def retrieve(self, intent_id: str) -> Intent:
        with transaction.atomic(using=DATABASE):
            return _intent(_locked(intent_id))

    def cancel(self, intent_id: str) -> Intent:
        with transaction.atomic(using=DATABASE):
            record = _locked(intent_id)
            if record.status == Status.SUCCEEDED:
                raise Declined("payment_intent_unexpected_state")
            record.status = Status.CANCELED
            record.save(using=DATABASE)
        return _intent(record)

    def capture(self, intent_id: str, *, amount: int, key: str) -> Intent:
        with transaction.atomic(using=DATABASE):
            record = _locked(intent_id)
            if record.status != Status.REQUIRES_CAPTURE or amount > record.amount:
                raise Declined("payment_intent_unexpected_state")
            record.status, record.captured = Status.SUCCEEDED, amount
            record.save(using=DATABASE)
        return _intent(record)

    def refund(self, intent_id: str, *, amount: int, operation_id: str, key: str) -> Intent:
        with transaction.atomic(using=DATABASE):
            record = _locked(intent_id)
            refunds = SandboxRefund.objects.using(DATABASE)
            if not refunds.filter(idempotency_key=key).exists():
                if amount > record.captured - _intent(record).given_back:
                    raise Declined("charge_already_refunded")
                refunds.create(intent=record, idempotency_key=key, operation_id=operation_id, amount=amount)
            return _intent(record)


def decide(client_secret: str, *, complete: bool) -> str | None:
    """What a cardholder does on the provider's page. The intent's id, or None for a wrong secret."""
    with transaction.atomic(using=DATABASE):
        waiting = SandboxIntent.objects.using(DATABASE).select_for_update()
        record = waiting.filter(client_secret=client_secret, status=Status.REQUIRES_ACTION).first()
        if record is None:
            return None
        record.status = Status.REQUIRES_CAPTURE if complete else Status.REQUIRES_PAYMENT_METHOD
        record.decline_code = "" if complete else "authentication_required"
        record.save(using=DATABASE)
    return record.reference


def _locked(intent_id: str) -> SandboxIntent:
    record = SandboxIntent.objects.using(DATABASE).select_for_update().get(reference=intent_id)
    if record.status == Status.PROCESSING and record.authorizes_at and record.authorizes_at <= timezone.now():
        record.status = Status.REQUIRES_CAPTURE
        record.save(using=DATABASE)
    return record


def _confirmed(intent_id: str) -> SandboxIntent | None:
    """Only once: None when the intent was confirmed or canceled before."""
    found = fetch_one(_METHOD, intent_id, using=DATABASE)
    if found is None:
        return None
    status, decline_code = CONFIRMATIONS[found[0]]
    late = timezone.now() + timedelta(seconds=settings.PAYMENT_GATEWAY_TIMEOUT) + LATE
    authorizes_at = late if status == Status.PROCESSING else None
    return change_one(SandboxIntent, _CONFIRM, status, decline_code, authorizes_at, intent_id, using=DATABASE)


def _intent(record: SandboxIntent) -> Intent:
    refunds = SandboxRefund.objects.using(DATABASE).filter(intent=record) if record.captured else ()
    return Intent(
        id=record.reference,
        status=IntentStatus(record.status),
        client_secret=record.client_secret,
        decline_code=record.decline_code,
        captured=record.captured,
        refunds=tuple(
            ProviderRefund(str(refund.id), refund.operation_id, refund.amount, _status(refund, record.method))
            for refund in refunds
        ),
        disputes=tuple(_disputes(record)),
    )


def _status(refund: SandboxRefund, method: str) -> RefundStatus:
    first, last = REFUNDS.get(method, (RefundStatus.SUCCEEDED, RefundStatus.SUCCEEDED))
    if refund.failed:
        return RefundStatus.FAILED
    return last if refund.created_at + LATE <= timezone.now() else first


def _disputes(record: SandboxIntent) -> Iterator[ProviderDispute]:
    if record.captured and record.method == "pm_card_createDispute":
        due_at = record.updated_at + EVIDENCE
        yield ProviderDispute(f"dp_{record.id}", record.captured, "needs_response", "fraudulent", due_at)
