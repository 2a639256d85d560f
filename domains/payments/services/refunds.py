"""The rows of refunds follow the provider: accepted, then made or failed. Nothing else writes them."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db.models import F

from domains.common.data.numbering import next_number
from domains.common.data.writes import update
from domains.payments.gateway import RefundStatus
from domains.payments.models import Payment, PaymentOperation, Refund

logger = logging.getLogger(__name__)

CREDIT_NOTES = "CN"  # the series of their numbers
FAILED_LATER = "failed_later"  # failure code of an operation whose refund the provider had accepted first
# Where a refund goes to from each state; None: it was not known.
AFTER: dict[str | None, tuple[RefundStatus, ...]] = {
    None: (RefundStatus.PENDING, RefundStatus.SUCCEEDED),
    RefundStatus.PENDING: (RefundStatus.SUCCEEDED, RefundStatus.FAILED),
    RefundStatus.SUCCEEDED: (RefundStatus.FAILED,),
    RefundStatus.FAILED: (),
}


def record_refund(payment: Payment, id_: UUID, *, amount: int, reason: str, status: RefundStatus) -> None:
    """Bring the row to where the provider has the refund, in the caller's transaction, which has locked the payment.

    `amount` is in minor units, `reason` that of a row which is new. FAILED is an end; one that failed before it was
    known here leaves no row. This is where a refund becomes SUCCEEDED, once.
    """
    before = payment.refunds.filter(id=id_).values_list("status", flat=True).first()
    if status not in AFTER[before]:
        return
    columns: dict[str, Any] = {"status": status}
    if status == RefundStatus.SUCCEEDED:  # all refunds wait for their counter: what follows waits for nobody
        columns["credit_note_number"] = next_number(CREDIT_NOTES)
    if before is None:
        columns |= {"amount": amount, "currency": payment.currency, "reason": reason}
        Refund.objects.create(id=id_, payment=payment, **columns)
    else:
        update(payment.refunds.filter(id=id_), **columns)
    _book(payment, amount, before, status)
    if status == RefundStatus.FAILED:
        failed = {"status": PaymentOperation.Status.FAILED, "failure_code": FAILED_LATER}
        update(payment.operations.filter(id=id_), **failed)
        logger.warning("refund failed later", extra={"payment_id": str(payment.id), "refund_id": str(id_)})


def _book(payment: Payment, amount: int, before: str | None, after: str) -> None:
    counts = {None: (0, 0), "FAILED": (0, 0), "PENDING": (amount, amount), "SUCCEEDED": (amount, 0)}
    (refunded, pending), (refunded_before, pending_before) = counts[after], counts[before]
    update(
        Payment.objects.filter(id=payment.id),
        refunded=F("refunded") + refunded - refunded_before,
        refunds_pending=F("refunds_pending") + pending - pending_before,
    )
