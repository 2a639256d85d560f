"""What clients see of orders."""

from __future__ import annotations

import strawberry
from django.conf import settings
from strawberry import auto

from domains.accounts.loaders import UserByIdLoader
from domains.accounts.types import User
from domains.common.graphql.connections import Connection
from domains.common.graphql.types import Money, Node, entity, money, related, show_choices
from domains.orders import models
from domains.orders.loaders import MAX_EVENTS, EventsByOrderIdLoader, LinesByOrderIdLoader, OrderedProductByIdLoader
from domains.payments.loaders import PaymentByIdLoader
from domains.payments.types import Payment
from domains.products.types import Product

OrderStatus = models.Order.Status
show_choices(OrderStatus, name="OrderStatus", description="Where an order stands.")
WITH_ORDER = "Visible with the order."


@entity(
    models.OrderLine, description="One product in an order, as it was at the moment of ordering.", visible_to=WITH_ORDER
)
class OrderLine(Node):
    product_name: auto
    sku: auto
    quantity: auto

    product: Product | None = related(
        OrderedProductByIdLoader, by="product_id", description="The product as it is now, for sale or not."
    )
    unit_price: Money = money("unit_price", description="The price of one then.")
    total: Money = money("total", description="`unitPrice` times `quantity`.")
    tax_rate: auto
    tax: Money = money("tax", description="The tax in `total`, rounded half up.")


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

    number: str = strawberry.field(
        description='What people read out: year and running number, "2026-000123".',
        metadata={"needs": ["created_at", "serial"]},
    )
    total: Money = money("total", description="The exact sum of its lines and charges: what is held.")
    subtotal: Money = money("subtotal", needs=["total", "charges_total"], description="The exact sum of its lines.")
    tax: Money = money("tax", description="The tax in `total`: the sum of that of its lines and charges.")
    note: auto
    customer: User | None = related(
        UserByIdLoader, by="customer_id", description="Who placed it.", scope="UserByIdLoader: oneself, staff everybody"
    )
    lines: list[OrderLine] = related(
        LinesByOrderIdLoader,
        description="Its products in the order in which they were sent, 1 to 100 of them.",
        size=settings.ORDER_MAX_LINES,
        scope="of an order that the viewer sees",
    )
    payment: Payment | None = related(
        PaymentByIdLoader, by="payment_id", description="Its money.", scope="PaymentByIdLoader: one's own, staff all"
    )
    events: list[OrderEvent] = related(
        EventsByOrderIdLoader,
        description="Its history, oldest first: the latest, at most 250.",
        size=MAX_EVENTS,
        scope="of an order that the viewer sees",
    )


OrderConnection = Connection[Order]
