"""What clients see of orders."""

from __future__ import annotations

import strawberry
from strawberry import auto

from domains.accounts.loaders import UserByIdLoader
from domains.accounts.models import User as UserRow
from domains.accounts.types import User
from domains.common.graphql.connections import Connection
from domains.common.graphql.context import Info
from domains.common.graphql.types import Money, Node, entity, show_choices
from domains.orders import models
from domains.orders.loaders import EventsByOrderIdLoader, LinesByOrderIdLoader, OrderedProductByIdLoader
from domains.payments.loaders import PaymentByIdLoader
from domains.payments.models import Payment as PaymentRow
from domains.payments.types import Payment
from domains.products.models import Product as ProductRow
from domains.products.types import Product

OrderStatus = models.Order.Status
show_choices(OrderStatus, name="OrderStatus", description="Where an order stands.")
WITH_ORDER = "Visible with the order."


@entity(
    models.OrderLine,
    description="One product in an order, as it was at the moment of ordering.",
    visible_to=WITH_ORDER,
)
class OrderLine(Node):
    product_name: auto
    sku: auto
    quantity: auto

    @strawberry.field(graphql_type=Product | None, description="The product as it is now, for sale or not.")
    async def product(self, root: strawberry.Parent[models.OrderLine], info: Info) -> ProductRow | None:
        return await info.context.loaders.get(OrderedProductByIdLoader).load(root.product_id)

    @strawberry.field(description="The price of one then.")
    def unit_price(self, root: strawberry.Parent[models.OrderLine]) -> Money:
        return Money.of(root.unit_price, root.currency)

    @strawberry.field(description="`unitPrice` times `quantity`.")
    def total(self, root: strawberry.Parent[models.OrderLine]) -> Money:
        return Money.of(root.total, root.currency)


@entity(models.OrderEvent, description="Something that happened to an order.", visible_to=WITH_ORDER)
class OrderEvent(Node):
    type: str = strawberry.field(description=f"What happened: {', '.join(models.OrderEvent.Type)}; more may come.")
    message: auto
    created_at: auto = strawberry.field(description="When it happened.")


@entity(models.Order, description="A purchase.", visible_to="Visible to its customer and to staff.")
class Order(Node):
    status: OrderStatus
    version: auto
    created_at: auto = strawberry.field(description="When it was placed.")
    updated_at: auto = strawberry.field(description="When its status last changed.")

    @strawberry.field(description='What people read out: year and running number, "2026-000123".')
    def number(self, root: strawberry.Parent[models.Order]) -> str:
        return str(models.OrderNumber.of(root.created_at, root.serial))

    @strawberry.field(description="The exact sum of its lines.")
    def total(self, root: strawberry.Parent[models.Order]) -> Money:
        return Money.of(root.total, root.currency)

    @strawberry.field(
        graphql_type=User | None,
        description="Who placed it.",
        metadata={"scope": "UserByIdLoader: oneself, staff everybody"},
    )
    async def customer(self, root: strawberry.Parent[models.Order], info: Info) -> UserRow | None:
        return await info.context.loaders.get(UserByIdLoader).load(root.customer_id)

    @strawberry.field(
        graphql_type=list[OrderLine],
        description="Its products in the order in which they were sent, 1 to 100 of them.",
        metadata={"scope": "of an order that the viewer sees"},
    )
    async def lines(self, root: strawberry.Parent[models.Order], info: Info) -> list[models.OrderLine]:
        return await info.context.loaders.get(LinesByOrderIdLoader).load(root.id)

    @strawberry.field(
        graphql_type=Payment | None,
        description="Its money.",
        metadata={"scope": "PaymentByIdLoader: one's own, staff all"},
    )
    async def payment(self, root: strawberry.Parent[models.Order], info: Info) -> PaymentRow | None:
        return await info.context.loaders.get(PaymentByIdLoader).load(root.payment_id)

    @strawberry.field(
        graphql_type=list[OrderEvent],
        description="Its history, oldest first: the latest, at most 250.",
        metadata={"scope": "of an order that the viewer sees"},
    )
    async def events(self, root: strawberry.Parent[models.Order], info: Info) -> list[models.OrderEvent]:
        return await info.context.loaders.get(EventsByOrderIdLoader).load(root.id)


OrderConnection = Connection[Order]
