"""The rows of refunds follow the provider: accepted, then made or failed. Nothing else writes them."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db.models import F

from domains.common.data.writes import update
from domains.payments.gateway import RefundStatus
from domains.payments.models import Payment, PaymentOperation, Refund

logger = logging.getLogger(__name__)

FAILED_LATER = "failed_later"  # failure code of an operation whose refund the provider had accepted first


def record_refund(payment: Payment, id_: UUID, *, amount: int, reason: str, status: RefundStatus) -> None:
    """Bring the row to where the provider has the refund, in the caller's transaction, which has locked the payment.

    `amount` is in minor units, `reason` that of a row which is new. FAILED is an end; one that failed before it was
    known here leaves no row. This is where a refund becomes SUCCEEDED, once.
    """
    before = payment.refunds.filter(id=id_).values_list("status", flat=True).first()
    if before in (status, RefundStatus.FAILED) or (before is None and status == RefundStatus.FAILED):
        return
    if before is None:
        currency = payment.currency
        Refund.objects.create(id=id_, payment=payment, amount=amount, currency=currency, reason=reason, status=status)
    else:
        update(payment.refunds.filter(id=id_), status=status)
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
