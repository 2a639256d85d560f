"""What clients see of orders."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from domains.accounts.loaders import UserByIdLoader
from domains.accounts.models import User as UserRow
from domains.accounts.types import User
from domains.common.graphql.connections import Connection
from domains.common.graphql.context import Info
from domains.common.graphql.types import Money, Node, entity
from domains.orders import models
from domains.orders.loaders import EventsByOrderIdLoader, LinesByOrderIdLoader, OrderedProductByIdLoader
from domains.payments.loaders import PaymentByIdLoader
from domains.payments.models import Payment as PaymentRow
from domains.payments.types import Payment
from domains.products.models import Product as ProductRow
from domains.products.types import Product


@strawberry.enum(description="Where an order stands.")
class OrderStatus(Enum):
    PENDING = strawberry.enum_value(
        "PENDING", description="Stock is reserved, the payment is not decided yet. Can be cancelled."
    )
    CONFIRMED = strawberry.enum_value("CONFIRMED", description="The money is held. Can be cancelled.")
    FULFILLED = strawberry.enum_value("FULFILLED", description="Sent, and the money charged.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Ended before it was sent; the stock is back.")
    REFUNDED = strawberry.enum_value("REFUNDED", description="Sent, and all the money given back.")


@entity(
    models.OrderLine,
    description="One product in an order, as it was at the moment of ordering. Visible with the order.",
)
class OrderLine(Node):
    product_name: str = strawberry.field(description="The product's name then.")
    sku: str = strawberry.field(description="The product's SKU then.")
    quantity: int = strawberry.field(description="Pieces, 1 or more.")

    @strawberry.field(graphql_type=Product | None, description="The product as it is now, for sale or not.")
    async def product(self, root: strawberry.Parent[models.OrderLine], info: Info) -> ProductRow | None:
        return await info.context.loaders.get(OrderedProductByIdLoader).load(root.product_id)

    @strawberry.field(description="The price of one piece then.")
    def unit_price(self, root: strawberry.Parent[models.OrderLine]) -> Money:
        return Money.of(root.unit_price, root.currency)

    @strawberry.field(description="`unitPrice` times `quantity`.")
    def total(self, root: strawberry.Parent[models.OrderLine]) -> Money:
        return Money.of(root.total, root.currency)


@entity(models.OrderEvent, description="Something that happened to an order. Visible with the order.")
class OrderEvent(Node):
    type: str = strawberry.field(
        description="PLACED, PAYMENT_ACTION_REQUIRED, CONFIRMED, CONFIRMATION_EMAIL_SENT, PAYMENT_DECLINED, EXPIRED, "
        "CANCELLED, CAPTURE_REQUESTED, CAPTURE_FAILED (refused), FULFILLED, REFUND_REQUESTED, REFUND_MADE, "
        "REFUND_FAILED (refused, or the bank did not take it later) or REFUNDED; more may come."
    )
    message: str = strawberry.field(description="What happened, for people. In English.")
    created_at: datetime = strawberry.field(description="When it happened.")


@entity(models.Order, description="A purchase. Visible to its customer and to staff.")
class Order(Node):
    number: str = strawberry.field(description='What people read out: year and running number, "2026-000123".')
    status: OrderStatus = strawberry.field(description="Where it stands.")
    version: int = strawberry.field(description="Raised by each change of status.")
    created_at: datetime = strawberry.field(description="When it was placed.")
    updated_at: datetime = strawberry.field(description="When its status last changed.")

    @strawberry.field(description="The exact sum of its lines.")
    def total(self, root: strawberry.Parent[models.Order]) -> Money:
        return Money.of(root.total, root.currency)

    @strawberry.field(graphql_type=User | None, description="Who placed it.")
    async def customer(self, root: strawberry.Parent[models.Order], info: Info) -> UserRow | None:
        return await info.context.loaders.get(UserByIdLoader).load(root.customer_id)

    @strawberry.field(graphql_type=list[OrderLine], description="Its products in the order given, 1 to 100 of them.")
    async def lines(self, root: strawberry.Parent[models.Order], info: Info) -> list[models.OrderLine]:
        return await info.context.loaders.get(LinesByOrderIdLoader).load(root.id)

    @strawberry.field(graphql_type=Payment | None, description="Its money.")
    async def payment(self, root: strawberry.Parent[models.Order], info: Info) -> PaymentRow | None:
        return await info.context.loaders.get(PaymentByIdLoader).load(root.payment_id)

    @strawberry.field(graphql_type=list[OrderEvent], description="Its history, oldest first: the latest, at most 250.")
    async def events(self, root: strawberry.Parent[models.Order], info: Info) -> list[models.OrderEvent]:
        return await info.context.loaders.get(EventsByOrderIdLoader).load(root.id)


OrderConnection = Connection[Order]
