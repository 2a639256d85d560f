"""What clients see of payments."""

from __future__ import annotations

import strawberry
from strawberry import auto

from domains.common.graphql.context import Info
from domains.common.graphql.types import Money, Node, entity, show_choices
from domains.payments import models
from domains.payments.loaders import RefundsByPaymentIdLoader

PaymentStatus = models.Payment.Status
show_choices(PaymentStatus, name="PaymentStatus", description="Where a payment stands.")
TO_BUYER = "Visible to the order's customer and to staff."


@entity(models.Refund, description="Money that was given back.", visible_to=TO_BUYER)
class Refund(Node):
    reason: auto
    created_at: auto

    @strawberry.field(description="How much was given back.")
    def amount(self, root: strawberry.Parent[models.Refund]) -> Money:
        return Money.of(root.amount, root.currency)


@entity(models.Payment, description="The money of one order.", visible_to=TO_BUYER)
class Payment(Node):
    status: PaymentStatus
    created_at: auto = strawberry.field(description="When it was started.")
    updated_at: auto

    @strawberry.field(description="What was held at the provider.")
    def authorized(self, root: strawberry.Parent[models.Payment]) -> Money:
        return Money.of(root.authorized, root.currency)

    @strawberry.field(description="What was charged of it.")
    def captured(self, root: strawberry.Parent[models.Payment]) -> Money:
        return Money.of(root.captured, root.currency)

    @strawberry.field(description="What was given back of what was charged.")
    def refunded(self, root: strawberry.Parent[models.Payment]) -> Money:
        return Money.of(root.refunded, root.currency)

    @strawberry.field(
        graphql_type=list[Refund],
        description="What was given back, oldest first: the latest, at most 100. `refunded` is the sum of all.",
        metadata={"scope": "of a payment that the viewer sees"},
    )
    async def refunds(self, root: strawberry.Parent[models.Payment], info: Info) -> list[models.Refund]:
        return await info.context.loaders.get(RefundsByPaymentIdLoader).load(root.id)

    @strawberry.field(
        description="While an action is required: what the provider's page or SDK needs. Its owner alone sees it."
    )
    def client_secret(self, root: strawberry.Parent[models.Payment], info: Info) -> str | None:
        waiting = root.status == models.Payment.Status.REQUIRES_ACTION
        return root.client_secret if waiting and root.payer_id == info.context.viewer.user_id else None
