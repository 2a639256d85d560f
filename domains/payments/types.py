"""What clients see of payments."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from domains.common.graphql.context import Info
from domains.common.graphql.types import Money, Node, entity
from domains.payments import models
from domains.payments.loaders import RefundsByPaymentIdLoader


@strawberry.enum(description="Where a payment stands.")
class PaymentStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="The provider has not answered yet.")
    REQUIRES_ACTION = strawberry.enum_value(
        "REQUIRES_ACTION", description="The customer has to confirm with the bank, using `clientSecret`."
    )
    AUTHORIZED = strawberry.enum_value("AUTHORIZED", description="The amount is held on the payment method.")
    CAPTURED = strawberry.enum_value("CAPTURED", description="The amount was charged.")
    VOIDED = strawberry.enum_value("VOIDED", description="The hold was released; nothing was charged.")
    FAILED = strawberry.enum_value("FAILED", description="The provider declined.")


@entity(models.Refund, description="Money that was given back. Visible to the order's customer and to staff.")
class Refund(Node):
    reason: str = strawberry.field(
        description="Why: as staff wrote it, or what made it without them; 1 to 200 characters."
    )
    created_at: datetime = strawberry.field(description="When it was made.")

    @strawberry.field(description="How much was given back.")
    def amount(self, root: strawberry.Parent[models.Refund]) -> Money:
        return Money.of(root.amount, root.currency)


@entity(models.Payment, description="The money of one order. Visible to the order's customer and to staff.")
class Payment(Node):
    status: PaymentStatus = strawberry.field(description="Where it stands.")
    created_at: datetime = strawberry.field(description="When it was started.")
    updated_at: datetime = strawberry.field(description="When it last changed.")

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
    )
    async def refunds(self, root: strawberry.Parent[models.Payment], info: Info) -> list[models.Refund]:
        return await info.context.loaders.get(RefundsByPaymentIdLoader).load(root.id)

    @strawberry.field(
        description="While an action is required: what the provider's page or SDK needs. Its owner alone sees it."
    )
    def client_secret(self, root: strawberry.Parent[models.Payment], info: Info) -> str | None:
        waiting = root.status == models.Payment.Status.REQUIRES_ACTION
        return root.client_secret if waiting and root.payer_id == info.context.viewer.user_id else None
