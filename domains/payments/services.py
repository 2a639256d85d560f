"""The rules of payments.

Providers are called outside any transaction; what they said is recorded in the caller's. An outcome is always found
by asking the provider about the intent, never by repeating a call whose answer got lost.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum, auto
from uuid import UUID

from django.utils import timezone

from domains.common.background import outbox
from domains.common.data.transactions import assert_no_transaction, short_transaction
from domains.common.data.writes import change
from domains.payments.gateway import Declined, GatewayUnavailable, Intent, IntentStatus, gateway
from domains.payments.models import Payment

logger = logging.getLogger(__name__)

CHANGED = "payments.changed"  # outbox topic: the provider has news of a payment; whoever owns the purchase listens

Status = Payment.Status


class Verdict(StrEnum):
    """What is known of a hold. UNKNOWN: ask again later."""

    AUTHORIZED = auto()
    REQUIRES_ACTION = auto()
    DECLINED = auto()
    CANCELED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The provider's verdict on a payment. `captured`: more than held, somebody has taken the money already."""

    verdict: Verdict
    decline_code: str = ""
    captured: bool = False


UNKNOWN = Outcome(Verdict.UNKNOWN)
CANCELED = Outcome(Verdict.CANCELED)
_AUTHORIZE = """UPDATE payments_payment
    SET status = 'AUTHORIZED', authorized = amount, authorized_at = %s, updated_at = %s
    WHERE id = %s AND status IN ('PENDING', 'REQUIRES_ACTION')"""
_SAVE_INTENT = """UPDATE payments_payment SET intent_id = %s, client_secret = %s
    WHERE id = %s AND status = 'PENDING' AND intent_id = ''"""
_VERDICTS = {
    IntentStatus.REQUIRES_CAPTURE: Verdict.AUTHORIZED,
    IntentStatus.SUCCEEDED: Verdict.AUTHORIZED,  # captured meanwhile: it was held before
    IntentStatus.REQUIRES_ACTION: Verdict.REQUIRES_ACTION,
    IntentStatus.REQUIRES_PAYMENT_METHOD: Verdict.DECLINED,
    IntentStatus.CANCELED: Verdict.CANCELED,
}


def settle(payment: Payment) -> Outcome:
    """Bring the hold as far as it goes: create and confirm what is not yet, else ask where it stands.

    The intent's id is saved before it is confirmed, so a confirmed intent is always known to us.
    """
    assert_no_transaction()
    if payment.status == Status.VOIDED:  # cancelled meanwhile
        return CANCELED
    try:
        intent = gateway().retrieve(payment.intent_id) if payment.intent_id else _create(payment)
        if intent is not None and intent.status == IntentStatus.REQUIRES_CONFIRMATION:
            intent = gateway().confirm(intent.id, key=f"{payment.id}:confirm")
    except Declined as refusal:
        return Outcome(Verdict.DECLINED, refusal.code)
    except GatewayUnavailable:
        logger.warning("payment outcome unknown", extra={"payment_id": str(payment.id)})
        return UNKNOWN
    if intent is None:
        return CANCELED
    captured = intent.status == IntentStatus.SUCCEEDED
    return Outcome(_VERDICTS.get(intent.status, Verdict.UNKNOWN), intent.decline_code, captured)


def record(payment_id: UUID, outcome: Outcome) -> bool:
    """Write a verdict down in the caller's transaction; False when that changes nothing.

    Money that was captured already is told as news: it is looked at when its hold has been dealt with.
    """
    undecided = Payment.objects.filter(id=payment_id, status__in=Payment.UNDECIDED)
    now = timezone.now()
    match outcome.verdict:
        case Verdict.AUTHORIZED:
            changed = change(_AUTHORIZE, now, now, payment_id)
            if changed and outcome.captured:
                outbox.enqueue(CHANGED, key=payment_id)
        case Verdict.REQUIRES_ACTION:
            changed = undecided.filter(status=Status.PENDING).update(status=Status.REQUIRES_ACTION, updated_at=now)
        case Verdict.DECLINED:
            changed = undecided.update(status=Status.FAILED, decline_code=outcome.decline_code, updated_at=now)
        case Verdict.CANCELED:
            changed = undecided.update(status=Status.VOIDED, updated_at=now)
        case Verdict.UNKNOWN:
            changed = 0
    return bool(changed)


def provider_changed(intent_id: str) -> None:
    """The provider tells that something happened to an intent; the news itself is fetched by whoever listens."""
    with short_transaction():
        for payment_id in Payment.objects.filter(intent_id=intent_id).values_list("id", flat=True):
            outbox.enqueue(CHANGED, key=payment_id)


def _create(payment: Payment) -> Intent | None:
    """A new intent whose id is saved; None when the payment was ended meanwhile (the intent is then canceled)."""
    intent = gateway().create(
        key=f"{payment.id}:create", amount=payment.amount, currency=payment.currency, method=payment.method
    )
    if change(_SAVE_INTENT, intent.id, intent.client_secret, payment.id):
        return intent
    payment.refresh_from_db(fields=["intent_id"])
    if payment.intent_id != intent.id:
        gateway().cancel(intent.id)
    # A rival with the same key got here first: what the provider says of its intent counts for both.
    return gateway().retrieve(payment.intent_id) if payment.intent_id else None


def fence_uncreated(payment_id: UUID) -> bool:
    """End a payment that has no intent yet: a rival's attempt to save one then fails and cancels it."""
    unborn = Payment.objects.filter(id=payment_id, intent_id="", status__in=Payment.UNDECIDED)
    return bool(unborn.update(status=Status.VOIDED, updated_at=timezone.now()))
