"""What clients see of payments."""

from __future__ import annotations

import strawberry
from django.conf import settings
from strawberry import auto

from domains.common.graphql.context import Info
from domains.common.graphql.types import STAFF_ONLY, Money, Node, entity, money, related, show_choices
from domains.payments import models
from domains.payments.gateway import RefundStatus
from domains.payments.loaders import (
    MAX_DISPUTES,
    MAX_REFUNDS,
    DisputesByPaymentIdLoader,
    RefundsByPaymentIdLoader,
    StaffNoteByRefundIdLoader,
)

PaymentStatus = models.Payment.Status
show_choices(PaymentStatus, name="PaymentStatus", description="Where a payment stands.")
show_choices(RefundStatus, name="RefundStatus", description="Where a refund stands at the payment provider.")
TO_BUYER = "Visible to the order's customer and to staff."


@entity(models.Refund, description="Money that is given back.", visible_to=TO_BUYER)
class Refund(Node):
    status: RefundStatus
    reason: auto
    credit_note_number: auto
    created_at: auto
    amount: Money = money("amount", description="How much is given back; nothing is when it has FAILED.")
    staff_note: str | None = related(
        StaffNoteByRefundIdLoader, description="What staff wrote for staff; null for others.", scope="staff's"
    )


@entity(
    models.Dispute,
    description="The cardholder's bank wants money back. It is answered at the payment provider, not here.",
    visible_to=STAFF_ONLY,
)
class Dispute(Node):
    reason: auto
    status: auto
    evidence_due_at: auto
    created_at: auto
    amount: Money = money("amount", description="How much the bank wants back.")


@entity(models.Payment, description="The money of one order.", visible_to=TO_BUYER)
class Payment(Node):
    status: PaymentStatus
    created_at: auto = strawberry.field(description="When it was started.")
    updated_at: auto
    authorized: Money = money("authorized", description="What was held at the provider.")
    captured: Money = money("captured", description="What was charged of it.")
    refunded: Money = money(
        "refunded", description="What is given back of what was charged: refunds that are PENDING or have SUCCEEDED."
    )
    refunds: list[Refund] = related(
        RefundsByPaymentIdLoader,
        description="What is given back, oldest first: the latest, at most 100, also those that have FAILED.",
        size=MAX_REFUNDS,
        scope="of a payment that the viewer sees",
    )
    disputes: list[Dispute] = related(
        DisputesByPaymentIdLoader,
        description="What the cardholder's bank wants back, oldest first: the latest, at most 20. "
        "Staff alone see them; others get an empty list.",
        size=MAX_DISPUTES,
        scope="staff's",
    )

    @strawberry.field(description="Which payment provider holds it: `stripe`, `sandbox`.")
    def provider(self, root: strawberry.Parent[models.Payment]) -> str:
        return root.provider or settings.PAYMENT_GATEWAY

    @strawberry.field(description="The payment's id in the provider's books, once it has one. Staff alone see it.")
    def reference(self, root: strawberry.Parent[models.Payment], info: Info) -> str | None:
        return (root.intent_id or None) if info.context.viewer.is_staff else None

    @strawberry.field(description="Why the bank or the provider declined, in its own code. Staff alone see it.")
    def decline_code(self, root: strawberry.Parent[models.Payment], info: Info) -> str | None:
        return (root.decline_code or None) if info.context.viewer.is_staff else None

    @strawberry.field(
        description="While an action is required: what the provider's page or SDK needs. Its owner alone sees it."
    )
    def client_secret(self, root: strawberry.Parent[models.Payment], info: Info) -> str | None:
        waiting = root.status == models.Payment.Status.REQUIRES_ACTION
        return root.client_secret if waiting and root.payer_id == info.context.viewer.user_id else None
