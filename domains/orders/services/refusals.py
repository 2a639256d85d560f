"""What the provider refused, in the order's history: a request there must not stay without an end."""

from __future__ import annotations

from domains.orders.models import Order
from domains.orders.services import events
from domains.payments.comparing import FAILED_LATER
from domains.payments.models import Payment, PaymentOperation

Kind = PaymentOperation.Kind
TOLD_AS = {
    Kind.CAPTURE: (events.Type.CAPTURE_FAILED, "The provider refused to capture the payment"),
    Kind.REFUND: (events.Type.REFUND_FAILED, "The provider refused a refund"),
}


def note_refusals(order: Order, payment: Payment) -> None:
    """One event for each refused capture and refund, told apart by the operation. The order must be locked."""
    failed = payment.operations.filter(status=PaymentOperation.Status.FAILED, kind__in=TOLD_AS)
    for operation in failed.exclude(failure_code=FAILED_LATER).order_by("created_at"):  # made first, and told so
        type_, message = TOLD_AS[Kind(operation.kind)]
        operation_id = str(operation.id)
        if not order.events.filter(type=type_, data__operation_id=operation_id).exists():
            events.note(order.id, type_, f"{message}: {operation.failure_code}", operation_id=operation_id)
