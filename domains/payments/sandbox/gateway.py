"""The sandbox's answers. Test methods: https://docs.stripe.com/testing names those that begin with pm_card."""

from __future__ import annotations

import secrets
import time
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from domains.common.data.writes import update
from domains.payments.gateway import Declined, GatewayUnavailable, Intent, IntentStatus, ProviderRefund
from domains.payments.sandbox.models import SandboxIntent, SandboxRefund

DATABASE = "sandbox"
SLOW_SECONDS = 0.1
LATE = timedelta(seconds=5)  # pm_sandbox_timeout is authorized this long after the caller gave up

Status = IntentStatus
CONFIRMATIONS = {  # what a payment method makes of an intent, and with which decline code
    "pm_card_visa": (Status.REQUIRES_CAPTURE, ""),
    "pm_card_chargeDeclined": (Status.REQUIRES_PAYMENT_METHOD, "generic_decline"),
    "pm_card_authenticationRequired": (Status.REQUIRES_ACTION, ""),
    "pm_sandbox_slow": (Status.REQUIRES_CAPTURE, ""),
    "pm_sandbox_timeout": (Status.PROCESSING, ""),
}


class SandboxGateway:
    """pm_card_visa, pm_card_chargeDeclined, pm_card_authenticationRequired, pm_sandbox_slow, pm_sandbox_timeout."""

    def create(self, *, key: str, amount: int, currency: str, method: str) -> Intent:
        if method not in CONFIRMATIONS:
            raise Declined("invalid_payment_method")
        reference = f"pi_{secrets.token_hex(12)}"
        fresh = {
            "reference": reference,
            "amount": amount,
            "currency": currency,
            "method": method,
            "client_secret": f"{reference}_secret_{secrets.token_urlsafe(18)}",
        }
        records = SandboxIntent.objects.using(DATABASE)
        try:
            return _intent(records.create(idempotency_key=key, **fresh))
        except IntegrityError:  # the same key again
            return _intent(records.get(idempotency_key=key))

    def confirm(self, intent_id: str, *, key: str) -> Intent:
        record = SandboxIntent.objects.using(DATABASE).get(reference=intent_id)
        if not _confirm(record):
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
                given_back = sum(refunds.filter(intent=record, failed=False).values_list("amount", flat=True))
                if amount > record.captured - given_back:
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


def _confirm(record: SandboxIntent) -> bool:
    """Only once: False when the intent was confirmed or canceled before."""
    record.status, record.decline_code = CONFIRMATIONS[record.method]
    if record.status == Status.PROCESSING:
        record.authorizes_at = timezone.now() + timedelta(seconds=settings.PAYMENT_GATEWAY_TIMEOUT) + LATE
    unconfirmed = SandboxIntent.objects.using(DATABASE).filter(id=record.id, status=Status.REQUIRES_CONFIRMATION)
    changes = {"decline_code": record.decline_code, "authorizes_at": record.authorizes_at}
    return bool(update(unconfirmed, status=record.status, **changes))


def _intent(record: SandboxIntent) -> Intent:
    made: dict[bool, list[ProviderRefund]] = {True: [], False: []}
    for refund in SandboxRefund.objects.using(DATABASE).filter(intent=record) if record.captured else ():
        made[refund.failed].append(ProviderRefund(str(refund.id), refund.operation_id, refund.amount))
    return Intent(
        id=record.reference,
        status=IntentStatus(record.status),
        client_secret=record.client_secret,
        decline_code=record.decline_code,
        captured=record.captured,
        refunds=tuple(made[False]),
        failed_refunds=tuple(made[True]),
    )
