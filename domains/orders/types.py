"""What clients see of orders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from django.conf import settings
from strawberry import auto

from domains.accounts.models import User as UserRow
from domains.accounts.types import User
from domains.common.graphql.connections import After, Before, Connection, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.loaders import Pending
from domains.common.graphql.paging import Pager
from domains.common.graphql.paging_below import pages_below
from domains.common.graphql.types import Money, Node, batched, entity, money, related
from domains.delivery.types import PostalAddress
from domains.orders import models
from domains.orders.choices import OrderChargeKind, OrderEventActor, OrderStatus
from domains.orders.inputs import OrderFilter, OrderSort, list_of
from domains.orders.loaders import (
    MAX_EVENTS,
    UNNAMED,
    ActorByPersonLoader,
    ChargesByOrderIdLoader,
    CustomerByIdLoader,
    EmailByUserIdLoader,
    EventsByOrderIdLoader,
    InvoiceByOrderIdLoader,
    LinesByOrderIdLoader,
    OrderByIdLoader,
    OrderedProductByIdLoader,
    PaymentOfOrderByIdLoader,
    ShipmentByOrderIdLoader,
)
from domains.payments.types import Payment
from domains.products import models as products
from domains.products.types import Product, StockMovement

WITH_ORDER = "Visible with the order."
OF_ORDER = "of an order that the viewer sees"
_Reason = products.StockMovement.Reason
MOVED_BY_ORDERS = {_Reason.ORDER, _Reason.CANCELLATION, _Reason.RETURN}


@entity(
    models.OrderLine, description="One product in an order, as it was at the moment of ordering.", visible_to=WITH_ORDER
)
class OrderLine(Node):
    product_name: auto
    sku: auto
    quantity: auto
    returned_quantity: auto

    product: Product = related(
        OrderedProductByIdLoader, by="product_id", description="The product as it is now, for sale or not."
    )
    unit_price: Money = money("unit_price", description="The price of one then.")
    total: Money = money("total", description="`unitPrice` times `quantity`.")
    tax_rate: auto
    tax: Money = money("tax", description="The tax in `total`, rounded half up.")


@entity(
    models.OrderCharge,
    description="What an order costs besides its products, as it was at the moment of ordering.",
    visible_to="Visible with the order; that of a quote is public.",
)
class OrderCharge:
    kind: OrderChargeKind
    label: auto

    amount: Money = money("amount", description="What it costs; its tax is part of it.")
    tax: Money = money("tax", description="The tax in `amount`, rounded half up.")


@entity(models.OrderEvent, description="Something that happened to an order.", visible_to=WITH_ORDER)
class OrderEvent(Node):
    type: str = strawberry.field(description=f"What happened: {', '.join(models.OrderEvent.Type)}; more may come.")
    message: auto
    created_at: auto = strawberry.field(description="When it happened.")

    @batched(
        graphql_type=OrderEventActor,
        description="Who caused it.",
        needs=["actor", "actor_id", "order_id", "type"],
        scope=OF_ORDER,
    )
    def actor(self, root: strawberry.Parent[list[models.OrderEvent]], info: Info) -> list[Any]:
        people = info.context.loaders.get(ActorByPersonLoader)
        return [
            event.actor or (people.load((event.order_id, event.actor_id)) if event.actor_id else UNNAMED[event.type])
            for event in root
        ]


@entity(models.Shipment, description="How an order was sent.", visible_to=WITH_ORDER)
class Shipment:
    carrier: auto
    tracking_number: auto
    sent_at: datetime = strawberry.field(description="When it was sent.")

    @strawberry.field(description="Where to follow it: https.", metadata={"needs": ["tracking_url"]})
    def tracking_url(self, root: strawberry.Parent[models.Shipment]) -> str | None:
        return root.tracking_url or None


@entity(models.Invoice, description="What was charged for an order.", visible_to=WITH_ORDER)
class Invoice:
    number: auto
    issued_at: datetime = strawberry.field(description="When it was made.", metadata={"needs": ["created_at"]})
    total: Money = money("total", description="What was charged.")
    tax: Money = money("tax", description="The tax in `total`.")


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
    customer: User = related(
        CustomerByIdLoader,
        by="customer_id",
        description="Who placed it; the account may have been closed since.",
        scope=OF_ORDER,
    )
    lines: list[OrderLine] = related(
        LinesByOrderIdLoader,
        description="Its products in the order in which they were sent, 1 to 100 of them.",
        size=settings.ORDER_MAX_LINES,
        scope=OF_ORDER,
    )
    charges: list[OrderCharge] = related(
        ChargesByOrderIdLoader,
        description="What it costs besides its products: its delivery.",
        size=len(OrderChargeKind),
        scope=OF_ORDER,
    )
    payment: Payment = related(PaymentOfOrderByIdLoader, by="payment_id", description="Its money.", scope=OF_ORDER)
    shipment: Shipment | None = related(
        ShipmentByOrderIdLoader, description="How it was sent; null until it is.", scope=OF_ORDER
    )
    invoice: Invoice | None = related(
        InvoiceByOrderIdLoader, description="What was charged; null until it is sent.", scope=OF_ORDER
    )
    events: list[OrderEvent] = related(
        EventsByOrderIdLoader,
        description="Its history, oldest first: the latest, at most 250.",
        size=MAX_EVENTS,
        scope=OF_ORDER,
    )

    @batched(graphql_type=str, description="The e-mail address of its customer, as it is now.", needs=["customer_id"])
    def email(self, root: strawberry.Parent[list[models.Order]], info: Info) -> list[Pending[str]]:
        emails = info.context.loaders.get(EmailByUserIdLoader)
        return [emails.load(order.customer_id) for order in root]

    @batched(
        graphql_type=PostalAddress | None,
        description="Where it goes, as it was at the moment of ordering; null for an order without delivery.",
        needs=["delivery_address"],
        scope=OF_ORDER,
    )
    def delivery_address(self, root: strawberry.Parent[list[models.Order]]) -> list[PostalAddress | None]:
        return [PostalAddress.of(order.address) if order.address else None for order in root]

    @batched(
        graphql_type=datetime | None,
        description="Until when it has to be paid, while it is PENDING; null once that is decided.",
        needs=["expires_at", "status"],
    )
    def expires_at(self, root: strawberry.Parent[list[models.Order]]) -> list[datetime | None]:
        return [order.expires_at if order.status == OrderStatus.PENDING else None for order in root]


OrderConnection = Connection[Order]


@strawberry.type
class OrderOfMovement:
    @batched(
        graphql_type=Order | None,
        description="The order that moved it; null when none did.",
        needs=["reason", "reference"],
        scope="OrderByIdLoader: staff all",
    )
    def order(
        self, root: strawberry.Parent[list[products.StockMovement]], info: Info
    ) -> list[Pending[models.Order | None] | None]:
        # The reference of what staff did is a key that they chose: it may be the id of some order.
        orders = info.context.loaders.get(OrderByIdLoader)
        return [orders.load(one.reference) if one.reason in MOVED_BY_ORDERS else None for one in root]


@strawberry.type(description="What orders add to people.")
class UserOrders:
    @batched(
        graphql_type=OrderConnection,
        description="Their orders, newest first unless sorted: one's own, and for staff anybody's. An empty page for "
        "others: also in the answer of a sign-in, which somebody asks for who is not signed in yet.",
        needs=["id"],
        scope="one's own, staff anybody's",
    )
    def orders(
        self,
        root: strawberry.Parent[list[UserRow]],
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[OrderFilter | None, strawberry.argument(description="Which of them.")] = strawberry.UNSET,
        sort: Annotated[OrderSort | None, strawberry.argument(description="In which order.")] = strawberry.UNSET,
    ) -> list[Any]:
        query, ordering = list_of(filter, sort, info.context.viewer)

        def pager(person_id: UUID) -> Pager:
            scope = {**query.scope, "of": str(person_id)}
            return Pager.of(models.Order, ordering, first, after, last, before, scope=scope)

        rows = query.rows(info.context.viewer)
        return pages_below(rows, "customer", [person.id for person in root], pager, query)


EXTENSIONS: dict[type, type] = {StockMovement: OrderOfMovement, User: UserOrders}
