"""Captures, voids and refunds: claimed in the caller's transaction, then carried out as often as it takes.

One operation of a payment is open at a time. The provider is called outside any transaction; after a call without an
answer it is asked about the intent before it is called again.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from domains.common.background import outbox
from domains.common.data.models import new_id
from domains.common.data.transactions import assert_no_transaction, retried, short_transaction
from domains.common.data.writes import insert, update
from domains.payments.gateway import Declined, GatewayUnavailable, Intent, RefundStatus, gateway
from domains.payments.models import Dispute, Payment, PaymentOperation
from domains.payments.services.holding import CHANGED, fence_uncreated
from domains.payments.services.refunds import FAILED_LATER, record_refund
from domains.payments.transitions import OPERATIONS

logger = logging.getLogger(__name__)

OPERATION = "payments.operation"  # outbox topic; the key is the operation's id

Kind = PaymentOperation.Kind
Status = PaymentOperation.Status


def request(
    payment_id: UUID,
    kind: Kind,
    *,
    amount: int = 0,
    reason: str = "",
    staff_note: str = "",
    id_: UUID | None = None,
) -> UUID | None:
    """Claim an operation over `amount` minor units (0 for a void) in the caller's transaction, and promise to carry it
    out: its id, which is `id_` when given. None when another one is open, or the payment is not in a state for it.
    """
    if lock(payment_id).status not in OPERATIONS[kind].claimable or is_busy(payment_id):
        return None
    texts = {"reason": reason, "staff_note": staff_note}
    operation = PaymentOperation(id=id_ or new_id(), payment_id=payment_id, kind=kind, amount=amount, **texts)
    insert(operation, outbox.promise(OPERATION, key=operation.id))
    return operation.id


def carry_out(operation_id: UUID) -> PaymentOperation:
    """Bring an operation to its end; it is returned SUCCEEDED or FAILED. Safe to repeat, also at the same time.

    A refund has SUCCEEDED as an operation when the provider has accepted it, though it may be PENDING or fail later.
    Outside any transaction. Raises GatewayUnavailable when the outcome is unknown: the outbox goes on then.
    """
    assert_no_transaction()
    operation = PaymentOperation.objects.select_related("payment").get(id=operation_id)
    if operation.status != Status.REQUESTED:
        return operation
    try:
        _record(operation, Status.SUCCEEDED, _call(operation))
    except Declined as refusal:
        if done := _done_already(operation):
            _record(operation, Status.SUCCEEDED, done)
        else:
            logger.warning("operation refused", extra={"operation_id": str(operation.id), "code": refusal.code})
            _record(operation, Status.FAILED, failure_code=refusal.code)
    operation.refresh_from_db()
    return operation


def _call(operation: PaymentOperation) -> Intent | None:
    """Make the provider do it, unless it has: what it says, None for a void that needs no provider.

    Raises Declined or GatewayUnavailable.
    """
    payment = operation.payment
    if operation.kind == Kind.VOID and fence_uncreated(payment.id):
        return None
    payment.refresh_from_db(fields=["intent_id"])
    if not payment.intent_id:
        return None
    if operation.attempts:
        intent = gateway(payment.provider).retrieve(payment.intent_id)
        if _is_done(operation, intent):
            return intent
    PaymentOperation.objects.filter(id=operation.id).update(attempts=F("attempts") + 1)
    match operation.kind:
        case Kind.VOID:
            intent = gateway(payment.provider).cancel(payment.intent_id)
        case Kind.CAPTURE:
            intent = gateway(payment.provider).capture(
                payment.intent_id, amount=operation.amount, key=f"{operation.id}:capture"
            )
        case _:
            intent = gateway(payment.provider).refund(
                payment.intent_id,
                amount=operation.amount,
                operation_id=str(operation.id),
                # The same for all attempts: two that overlap must not give the money back twice.
                key=f"{operation.id}:refund",
            )
    if not _is_done(operation, intent):
        raise GatewayUnavailable
    return intent


def _is_done(operation: PaymentOperation, intent: Intent) -> bool:
    if operation.kind == Kind.REFUND:
        made = intent.refund_of(operation.id)
        return made is not None and made.status != RefundStatus.FAILED
    return intent.status == OPERATIONS[Kind(operation.kind)].intent


def _done_already(operation: PaymentOperation) -> Intent | None:
    """What the provider says when a call was refused because a twin of it was quicker: web and worker may be at it."""
    try:
        intent = gateway(operation.payment.provider).retrieve(operation.payment.intent_id)
    except Declined:
        return None
    return intent if _is_done(operation, intent) else None


@retried
def _record(operation: PaymentOperation, status: Status, intent: Intent | None = None, failure_code: str = "") -> None:
    """Write the end of an operation down with its effect on the payment, once, and promise CHANGED."""
    with short_transaction():
        lock(operation.payment_id)  # before the operation, as everybody does
        requested = PaymentOperation.objects.filter(id=operation.id, status=Status.REQUESTED)
        if not update(requested, status=status, failure_code=failure_code):
            return
        outbox.withdraw(OPERATION, key=operation.id)
        outbox.enqueue(CHANGED, key=operation.payment_id)
        if status == Status.SUCCEEDED:
            _apply(operation, intent)


def _apply(operation: PaymentOperation, intent: Intent | None) -> None:
    after, before = OPERATIONS[Kind(operation.kind)].move
    # A twin at the provider may have captured less: what it says is what was taken.
    booked = {"captured": intent.captured} if intent and operation.kind == Kind.CAPTURE else {}
    update(Payment.objects.filter(id=operation.payment_id, status__in=before), status=after, **booked)
    if operation.kind == Kind.REFUND and intent and (made := intent.refund_of(operation.id)):
        record_refund(
            operation.payment, operation.id, amount=operation.amount, reason=operation.reason, status=made.status
        )


def lock(payment_id: UUID) -> Payment:
    """The payment, locked until the caller's transaction ends: after its order, before its operations."""
    return Payment.objects.select_for_update(no_key=True).get(id=payment_id)


def refundable(payment: Payment) -> int:
    """What is captured, not given back and not disputed, in minor units, 0 or more."""
    disputed = payment.disputes.exclude(status__in=Dispute.HARMLESS).aggregate(sum=Sum("amount"))["sum"] or 0
    return max(0, payment.captured - payment.refunded - disputed)


def is_busy(payment_id: UUID) -> bool:
    """Whether an operation of the payment is open."""
    return PaymentOperation.objects.filter(payment_id=payment_id, status=Status.REQUESTED).exists()


def refused(payment: Payment) -> QuerySet[PaymentOperation]:
    """Captures and refunds that the provider refused, oldest first; not refunds that it made and that failed later."""
    failed = payment.operations.filter(status=Status.FAILED, kind__in=(Kind.CAPTURE, Kind.REFUND))
    return failed.exclude(failure_code=FAILED_LATER).order_by("created_at")


def has_captured(payment: Payment) -> bool:
    """Whether a capture of ours took the money; False for one that was made at the provider."""
    return payment.operations.filter(status=Status.SUCCEEDED, kind=Kind.CAPTURE).exists()


def has_failed_refund(payment: Payment) -> bool:
    """Whether a refund was refused, or failed after it was made."""
    return payment.operations.filter(status=Status.FAILED, kind=Kind.REFUND).exists()
