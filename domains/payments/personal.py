"""What payments hold of people. What the provider holds is the provider's; its ids stay, for the books."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from domains.common.data.personal import Holding, Obstacle, Shown, amounts, columns, listed
from domains.payments.gateway import RefundStatus
from domains.payments.models import (
    Dispute,
    EventsFetch,
    Payment,
    PaymentOperation,
    Refund,
    SandboxIntent,
    SandboxRefund,
    WebhookEvent,
)
from domains.payments.services.declines import public_code

_PAYMENT = columns("id", "status", "provider", "created_at", "authorized_at", "declined_at")
_REFUND = columns("status", "reason", "credit_note_number", "created_at")
_DISPUTE = columns("reason", "status", "created_at", "evidence_due_at")
_ENDED = ("warning_closed", "won", "lost", "prevented")  # of a dispute; a status that we do not know is open


def _payment(row: Payment) -> Shown:
    """Without what the provider knows a card, and this payment, by.

    The bank's own words are for staff: a thief would learn from them.
    """
    return {
        **_PAYMENT(row),
        "declineCode": public_code(row.decline_code),
        **amounts(row, "amount", "authorized", "captured", "refunded"),
        "refunds": listed(row.refunds.all(), lambda one: {**_REFUND(one), **amounts(one, "amount")}),
        "disputes": listed(row.disputes.all(), lambda one: {**_DISPUTE(one), **amounts(one, "amount")}),
        "staffNotes": [one.staff_note for one in row.operations.all() if one.staff_note],
    }


def obstacles(person_ids: Collection[UUID]) -> Iterator[tuple[UUID, Obstacle]]:
    """Money that moves, or that somebody asks for."""
    claimed = PaymentOperation.objects.filter(status=PaymentOperation.Status.REQUESTED)
    refunds, kind = Refund.objects.filter(status=RefundStatus.PENDING), PaymentOperation.Kind.REFUND
    disputes = Dispute.objects.exclude(status__in=_ENDED)
    for code, what, rows in (
        ("OPEN_PAYMENTS", "a charge or a release is being made", claimed.exclude(kind=kind)),
        ("OPEN_REFUNDS", "a refund is being made", claimed.filter(kind=kind)),
        ("OPEN_REFUNDS", "a refund is on its way", refunds),
        ("OPEN_DISPUTES", "a bank disputes the payment", disputes),
    ):
        for person_id, count in _by_payer(rows, person_ids):
            yield person_id, Obstacle(code, count, f"{count} x {what}: wait for its end")


def _by_payer(rows: QuerySet[Any], person_ids: Collection[UUID]) -> Iterator[tuple[UUID, int]]:
    payer = "payment__payer_id"
    yield from rows.filter(**{f"{payer}__in": person_ids}).values_list(payer).annotate(Count("id")).order_by()


HOLDINGS = (
    Holding(
        Payment,
        "payer_id",
        "payments",
        _payment,
        lambda rows: rows.prefetch_related("refunds", "disputes", "operations"),
        erased={"method": "", "client_secret": "", "origin": ""},
        staff=("disputes", "staffNotes"),
    ),
    Holding(PaymentOperation, "payment__payer_id", erased={"reason": "", "staff_note": ""}),
    Holding(Refund, "payment__payer_id", erased={"reason": ""}),
)
IMPERSONAL = {
    Payment: ("currency", "provider", "intent_id", "decline_code"),
    PaymentOperation: ("failure_code",),
    Refund: ("currency", "credit_note_number"),
    Dispute: ("reference", "currency", "reason", "status"),  # in the provider's words, of a list of its own
    WebhookEvent: ("event_id", "type", "intent_id"),
    EventsFetch: (),
    # The built-in provider's own books, which moves no money: what Stripe holds is not ours either.
    SandboxIntent: ("reference", "idempotency_key", "currency", "method", "client_secret", "decline_code"),
    SandboxRefund: ("idempotency_key", "operation_id"),
}
