"""What clients see of payments."""

from __future__ import annotations

import strawberry
from strawberry import auto

from domains.common.graphql.context import Info
from domains.common.graphql.types import Money, Node, entity, money, related, show_choices
from domains.payments import models
from domains.payments.loaders import MAX_REFUNDS, RefundsByPaymentIdLoader

PaymentStatus = models.Payment.Status
show_choices(PaymentStatus, name="PaymentStatus", description="Where a payment stands.")
TO_BUYER = "Visible to the order's customer and to staff."


@entity(models.Refund, description="Money that was given back.", visible_to=TO_BUYER)
class Refund(Node):
    reason: auto
    created_at: auto
    amount: Money = money("amount", description="How much was given back.")


@entity(models.Payment, description="The money of one order.", visible_to=TO_BUYER)
class Payment(Node):
    status: PaymentStatus
    created_at: auto = strawberry.field(description="When it was started.")
    updated_at: auto
    authorized: Money = money("authorized", description="What was held at the provider.")
    captured: Money = money("captured", description="What was charged of it.")
    refunded: Money = money("refunded", description="What was given back of what was charged.")
    refunds: list[Refund] = related(
        RefundsByPaymentIdLoader,
        description="What was given back, oldest first: the latest, at most 100. `refunded` is the sum of all.",
        size=MAX_REFUNDS,
        scope="of a payment that the viewer sees",
    )

    @strawberry.field(description="Why the bank or the provider declined, in its own code. Staff alone see it.")
    def decline_code(self, root: strawberry.Parent[models.Payment], info: Info) -> str | None:
        return (root.decline_code or None) if info.context.viewer.is_staff else None

    @strawberry.field(
        description="While an action is required: what the provider's page or SDK needs. Its owner alone sees it."
    )
    def client_secret(self, root: strawberry.Parent[models.Payment], info: Info) -> str | None:
        waiting = root.status == models.Payment.Status.REQUIRES_ACTION
        return root.client_secret if waiting and root.payer_id == info.context.viewer.user_id else None
