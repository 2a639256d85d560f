"""What happened to a payment at the provider without us: in its dashboard, at a bank, by time. Our books follow it.

Money that was taken has the last word: whatever a payment was before, it is CAPTURED then, and never anything else
again. A hold that is gone is VOIDED. Refunds are told apart by their ids: one is made, and may fail later, once each.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import F
from django.utils import timezone

from domains.common.data.transactions import assert_no_transaction
from domains.payments import operations
from domains.payments.gateway import Intent, IntentStatus, ProviderRefund, gateway
from domains.payments.models import Payment, PaymentOperation, Refund

logger = logging.getLogger(__name__)

MADE_THERE = "Given back at the payment provider"  # the reason of a refund that is not ours
FAILED_LATER = "failed_later"  # failure code of a refund that was made first

Status = Payment.Status


class Outdated(Exception):
    """The payment has changed since the provider was asked: ask again."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The provider's word on a payment, and which state of ours it was compared with."""

    payment_id: UUID
    intent: Intent
    ours: datetime


def look(payment_id: UUID) -> Sight | None:
    """Ask the provider. None without an intent, and while an operation of ours is open: its end tells CHANGED anew.

    Raises GatewayUnavailable, or Declined when the provider does not know the intent.
    """
    assert_no_transaction()
    payment = Payment.objects.get(id=payment_id)
    if not payment.intent_id or operations.is_busy(payment_id):
        return None
    return Sight(payment_id, gateway().retrieve(payment.intent_id), payment.updated_at)


def adopt(sight: Sight) -> Payment:
    """Bring the payment to where the provider saw it, in the caller's transaction; the payment as it is now.

    Raises Outdated. What the provider cannot have done, more captured than held, breaks a CHECK of the table.
    """
    payment = operations.locked(sight.payment_id)
    if payment.updated_at != sight.ours or operations.is_busy(payment.id):
        raise Outdated
    intent = sight.intent
    known = payment.captured if payment.status == Status.CAPTURED else 0
    if intent.status == IntentStatus.SUCCEEDED and intent.captured != known:
        # A payment that was not known to be held, was it all the same; a capture of ours may have met a smaller one.
        _change(payment, status=Status.CAPTURED, authorized=F("amount"), captured=intent.captured)
    elif intent.status == IntentStatus.CANCELED and payment.status in (*Payment.UNDECIDED, Status.AUTHORIZED):
        _change(payment, status=Status.VOIDED)
    payment.refresh_from_db()
    if payment.status == Status.CAPTURED:
        _adopt_refunds(payment, intent)
    return payment


def _adopt_refunds(payment: Payment, intent: Intent) -> None:
    refunds = payment.operations.filter(kind=PaymentOperation.Kind.REFUND)
    ours = {str(id_): id_ for id_ in refunds.values_list("id", flat=True)}
    known = set(payment.refunds.values_list("id", flat=True))
    for refund in intent.failed_refunds:
        if (id_ := _id(payment, refund, ours)) in known:
            _take_back(payment, id_, refund.amount)
    for refund in intent.refunds:
        if (id_ := _id(payment, refund, ours)) not in known:
            _add(payment, id_, refund.amount)
    payment.refresh_from_db()


def _id(payment: Payment, refund: ProviderRefund, ours: dict[str, UUID]) -> UUID:
    """Of our row: the operation that made it, or one that only this refund of the provider's can have."""
    return ours.get(refund.operation_id) or uuid5(payment.id, refund.id)


def _add(payment: Payment, id_: UUID, amount: int) -> None:
    Refund.objects.create(id=id_, payment=payment, amount=amount, currency=payment.currency, reason=MADE_THERE)
    _change(payment, refunded=F("refunded") + amount)


def _take_back(payment: Payment, id_: UUID, amount: int) -> None:
    """The bank did not take the money: it was not given back, and can be refunded once more."""
    payment.refunds.filter(id=id_).delete()
    payment.operations.filter(id=id_).update(
        status=PaymentOperation.Status.FAILED, failure_code=FAILED_LATER, updated_at=timezone.now()
    )
    _change(payment, refunded=F("refunded") - amount)
    logger.warning("refund failed later", extra={"payment_id": str(payment.id), "refund_id": str(id_)})


def _change(payment: Payment, **fields: object) -> None:
    Payment.objects.filter(id=payment.id).update(updated_at=timezone.now(), **fields)
