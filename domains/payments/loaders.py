"""How payments are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_id, by_parent
from domains.payments.models import Dispute, Payment, PaymentOperation, Refund

MAX_REFUNDS = 100  # no rule bounds them but the money: each gives back one minor unit or more
MAX_DISPUTES = 20  # a card can be disputed more than once, for parts of the money

PaymentByIdLoader = by_id(lambda viewer: Payment.objects.visible_to(viewer))
RefundByIdLoader = by_id(lambda viewer: Refund.objects.filter(payment__in=Payment.objects.visible_to(viewer)))
# Of payments that the viewer was given already.
RefundsByPaymentIdLoader = by_parent(
    lambda viewer: Refund.objects.all(), "payment_id", sort=("created_at", "id"), latest=MAX_REFUNDS
)
DisputeByIdLoader = by_id(lambda viewer: Dispute.objects.visible_to(viewer))
DisputesByPaymentIdLoader = by_parent(
    lambda viewer: Dispute.objects.visible_to(viewer), "payment_id", sort=("created_at", "id"), latest=MAX_DISPUTES
)


class StaffNoteByRefundIdLoader(Loader[UUID, str | None]):
    """Stands with the operation that made the refund, so that nothing which shows refunds can show it by accident."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[str | None]:
        """In one statement, for staff; None for others."""
        noted = PaymentOperation.objects.filter(id__in=keys if self.viewer.is_staff else []).exclude(staff_note="")
        notes = dict(noted.values_list("id", "staff_note"))
        return [notes.get(key) for key in keys]


NODES: dict[str, type[Loader[UUID, Any]]] = {
    "Dispute": DisputeByIdLoader,
    "Payment": PaymentByIdLoader,
    "Refund": RefundByIdLoader,
}
