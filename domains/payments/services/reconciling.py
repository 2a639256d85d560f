"""What happened to a payment at the provider without us, in its dashboard, at a bank, by time: our books follow it.

Refunds and disputes are told apart by their ids.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import F

from domains.common.data.transactions import assert_no_transaction
from domains.common.data.writes import update
from domains.payments.gateway import Intent, RefundStatus, gateway
from domains.payments.models import Dispute, Payment, PaymentOperation
from domains.payments.services.operations import is_busy, lock
from domains.payments.services.refunds import record_refund
from domains.payments.transitions import RECONCILING

logger = logging.getLogger(__name__)

MADE_THERE = "Given back at the payment provider"  # the reason of a refund that is not ours

Status = Payment.Status


class Outdated(Exception):
    """The payment has changed since the provider was asked: ask again."""


@dataclass(frozen=True, slots=True)
class ProviderView:
    """The provider's word on a payment, and since when the payment had not changed here when it was asked."""

    payment_id: UUID
    intent: Intent
    updated_at: datetime


def ask_provider(payment_id: UUID) -> ProviderView | None:
    """What the provider says. None without an intent, and while an operation of ours is open: CHANGED follows its end.

    Outside any transaction. Raises GatewayUnavailable, or Declined when the provider does not know the intent.
    """
    assert_no_transaction()
    payment = Payment.objects.get(id=payment_id)
    if not payment.intent_id or is_busy(payment_id):
        return None
    return ProviderView(payment_id, gateway(payment.provider).retrieve(payment.intent_id), payment.updated_at)


def reconcile(view: ProviderView) -> Payment:
    """Bring the payment to where the provider saw it, in the caller's transaction; the payment as it is now.

    Raises Outdated. What the provider cannot have done, more captured than held, breaks a CHECK of the table.
    """
    payment = lock(view.payment_id)
    if payment.updated_at != view.updated_at or is_busy(payment.id):
        raise Outdated
    if difference := _difference(payment, view.intent):
        update(Payment.objects.filter(id=payment.id), **difference)
        payment.refresh_from_db()
    if payment.status == Status.CAPTURED:
        _reconcile_refunds(payment, view.intent)
        _reconcile_disputes(payment, view.intent)
        payment.refresh_from_db()
    return payment


def _difference(payment: Payment, intent: Intent) -> dict[str, Any]:
    """The columns in which the payment differs from what its intent makes of it."""
    after, before = RECONCILING[intent.status]
    if payment.status not in before:
        return {}
    if after != Status.CAPTURED:
        return {"status": after}
    # A payment that was not known to be held, was it all the same; a capture of ours may have met a smaller one.
    taken = {"status": after, "authorized": F("amount"), "captured": intent.captured}
    known = payment.captured if payment.status == Status.CAPTURED else 0
    return taken if intent.captured != known else {}


def _reconcile_refunds(payment: Payment, intent: Intent) -> None:
    refunds = payment.operations.filter(kind=PaymentOperation.Kind.REFUND)
    ours = {str(id_): id_ for id_ in refunds.values_list("id", flat=True)}
    # Those that give nothing back come first: what is given back instead has room only then.
    for refund in sorted(intent.refunds, key=lambda refund: refund.status != RefundStatus.FAILED):
        # The operation that made it, or an id that only this refund of the provider's can have.
        id_ = ours.get(refund.operation_id) or uuid5(payment.id, refund.id)
        record_refund(payment, id_, amount=refund.amount, reason=MADE_THERE, status=refund.status)


def _reconcile_disputes(payment: Payment, intent: Intent) -> None:
    for dispute in intent.disputes:
        columns = {"currency": payment.currency, **asdict(dispute)}
        known = Dispute.objects.filter(reference=(reference := columns.pop("id")))
        if known.filter(**columns).exists():
            continue
        if not update(known, **columns):
            Dispute.objects.create(payment=payment, reference=reference, **columns)
            logger.warning("payment disputed", extra={"payment_id": str(payment.id), "dispute": reference})
        update(Payment.objects.filter(id=payment.id))  # what is left to refund is another now
