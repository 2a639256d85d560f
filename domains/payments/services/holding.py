"""Holding the money of a purchase: the provider is asked until the payment is held, declined or over."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from domains.common.background import outbox
from domains.common.data.transactions import assert_no_transaction, short_transaction
from domains.common.data.writes import Write, change, insertion, update
from domains.payments.gateway import Declined, GatewayUnavailable, Intent, IntentStatus, gateway
from domains.payments.models import Payment
from domains.payments.transitions import HOLDING

logger = logging.getLogger(__name__)

QUEUE = "money"  # what calls the provider: its outbox topics and periodic functions
CHANGED = "payments.changed"  # outbox topic: the provider has news of a payment; whoever owns the purchase listens

Status = Payment.Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider says of a hold: where its intent stands (PROCESSING: not known), and why it was declined."""

    intent: IntentStatus
    decline_code: str = ""

    @property
    def status(self) -> Payment.Status:
        """What the payment becomes; PENDING while nothing is known."""
        return HOLDING[self.intent].after


_AUTHORIZE = """UPDATE payments_payment
    SET status = 'AUTHORIZED', authorized = amount, authorized_at = statement_timestamp(), updated_at = %s
    WHERE id = %s AND status = ANY(%s)"""
_SAVE_INTENT = """UPDATE payments_payment SET intent_id = %s, client_secret = %s
    WHERE id = %s AND status = 'PENDING' AND intent_id = ''"""


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the provider is told of a purchase: what people call it, and the page where its customer follows it."""

    reference: str
    page: str


def settle(payment: Payment, purchase: Purchase) -> Outcome:
    """Bring the hold as far as it goes: create and confirm what is not yet, else ask where it stands.

    The intent's id is saved before it is confirmed, so a confirmed intent is always known to us. A provider without an
    answer makes an outcome that is not known, no error.
    """
    assert_no_transaction()
    if payment.status == Status.VOIDED:  # cancelled meanwhile
        return Outcome(IntentStatus.CANCELED)
    try:
        intent = (
            gateway(payment.provider).retrieve(payment.intent_id) if payment.intent_id else _create(payment, purchase)
        )
        if intent is not None and intent.status == IntentStatus.REQUIRES_CONFIRMATION:
            confirming = {"key": f"{payment.id}:confirm", "return_url": purchase.page}
            intent = gateway(payment.provider).confirm(intent.id, **confirming)
    except Declined as refusal:
        return Outcome(IntentStatus.REQUIRES_PAYMENT_METHOD, refusal.code)
    except GatewayUnavailable:
        logger.warning("payment outcome unknown", extra={"payment_id": str(payment.id)})
        return Outcome(IntentStatus.PROCESSING)
    return Outcome(intent.status, intent.decline_code) if intent else Outcome(IntentStatus.CANCELED)


def record(payment_id: UUID, outcome: Outcome) -> bool:
    """Write an outcome down in the caller's transaction; False when that changes nothing.

    Of money that was captured already, CHANGED is promised: it is looked at when its hold has been dealt with.
    """
    after, before = HOLDING[outcome.intent]
    if after == Status.AUTHORIZED:
        hold, *news = holding(payment_id, outcome)
        if changed := change(*hold):
            for write in news:
                change(*write)
    else:
        columns = {"decline_code": outcome.decline_code, "declined_at": timezone.now()}
        declined = columns if after == Status.FAILED else {}
        changed = update(Payment.objects.filter(id=payment_id, status__in=before), status=after, **declined)
    return bool(changed)


def holding(payment_id: UUID, outcome: Outcome) -> list[Write]:
    """What `record` writes of an outcome that is AUTHORIZED, for a caller that writes it along with others."""
    before = [status.value for status in HOLDING[outcome.intent].before]
    news = [outbox.promise(CHANGED, key=payment_id)] if outcome.intent == IntentStatus.SUCCEEDED else []
    return [(_AUTHORIZE, timezone.now(), payment_id, before), *insertion(*news)]


def provider_changed(intent_id: str) -> None:
    """Promise CHANGED for the payment of an intent of which the provider has news; they are read by who listens."""
    with short_transaction():
        for payment_id in Payment.objects.filter(intent_id=intent_id).values_list("id", flat=True):
            outbox.enqueue(CHANGED, key=payment_id)


def fence_uncreated(payment_id: UUID) -> bool:
    """End a payment that has no intent yet: a rival's attempt to save one then fails and cancels it."""
    uncreated = Payment.objects.filter(id=payment_id, intent_id="", status__in=Payment.UNDECIDED)
    return bool(update(uncreated, status=Status.VOIDED))


def _create(payment: Payment, purchase: Purchase) -> Intent | None:
    """A new intent whose id is saved; None when the payment was ended meanwhile (the intent is then canceled)."""
    intent = gateway(payment.provider).create(
        key=f"{payment.id}:create",
        amount=payment.amount,
        currency=payment.currency,
        method=payment.method,
        reference=purchase.reference,
    )
    if change(_SAVE_INTENT, intent.id, intent.client_secret, payment.id):
        return intent
    payment.refresh_from_db(fields=["intent_id"])
    if payment.intent_id != intent.id:
        gateway(payment.provider).cancel(intent.id)
    # A rival with the same key got here first: what the provider says of its intent counts for both.
    return gateway(payment.provider).retrieve(payment.intent_id) if payment.intent_id else None
