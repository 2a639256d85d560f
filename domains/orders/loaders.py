"""How orders and what hangs on them are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.accounts.models import User
from domains.common.data.composing import Bound
from domains.common.graphql.loaders import Loader, by_id, by_key, by_parent
from domains.common.graphql.reading import wanted
from domains.orders.models import Invoice, Order, OrderCharge, OrderEvent, OrderLine, Shipment
from domains.orders.numbers import OrderNumber
from domains.payments.models import Payment
from domains.products.models import Product

MAX_EVENTS = 250  # an order has about fifteen, and three more for each refund
Type, Actor = OrderEvent.Type, OrderEvent.Actor
# Who caused events of the release before, which named at most a person.
UNNAMED: dict[str, OrderEvent.Actor] = {
    **dict.fromkeys(Type, Actor.PROVIDER),
    **dict.fromkeys((Type.EXPIRED, Type.CANCELLED, Type.REFUND_REQUESTED), Actor.SYSTEM),
    **dict.fromkeys((type_ for type_ in Type if type_.endswith("_EMAIL_SENT")), Actor.SYSTEM),
    **dict.fromkeys((Type.CAPTURE_REQUESTED, Type.FULFILLED, Type.RETURNED), Actor.STAFF),
    Type.PLACED: Actor.CUSTOMER,
}


OrderByIdLoader = by_id(lambda viewer: Order.objects.visible_to(viewer))
OrderLineByIdLoader = by_id(lambda viewer: OrderLine.objects.filter(order__in=Order.objects.visible_to(viewer)))
OrderEventByIdLoader = by_id(lambda viewer: OrderEvent.objects.filter(order__in=Order.objects.visible_to(viewer)))
# Products as buyers of them see them: also those that are not for sale any more. A loader of its own, whose cache must
# never answer for the one behind `node` and `product`.
OrderedProductByIdLoader = by_id(lambda viewer: Product.objects.all())


class OrderByNumberLoader(Loader[str, Order | None]):
    """By what people read out: the serial finds one row at most, which has the number when the year is right too."""

    def batch(self, keys: Sequence[str]) -> Sequence[Order | None]:
        rows = wanted(self.plan, Order, "serial", "created_at").read(
            type(self),
            viewer=self.viewer,
            rows=lambda viewer: Order.objects.visible_to(viewer).filter(serial__any=Bound("serials")),
            values={"serials": [OrderNumber.parse(key).serial for key in keys]},
        )
        return by_key(rows, keys, "number")


# Of orders that the viewer was given already. Each has its customer and its payment: they are never null.
CustomerByIdLoader = by_id(lambda viewer: User.objects.all())
PaymentOfOrderByIdLoader = by_id(lambda viewer: Payment.objects.all())
LinesByOrderIdLoader = by_parent(lambda viewer: OrderLine.objects.all(), "order_id", sort=("position",))
ChargesByOrderIdLoader = by_parent(lambda viewer: OrderCharge.objects.all(), "order_id", sort=("kind",))
ShipmentByOrderIdLoader = by_id(lambda viewer: Shipment.objects.filter(sent_at__isnull=False), "order_id")
InvoiceByOrderIdLoader = by_id(lambda viewer: Invoice.objects.all(), "order_id")
EventsByOrderIdLoader = by_parent(
    lambda viewer: OrderEvent.objects.all(), "order_id", sort=("created_at", "id"), latest=MAX_EVENTS
)


class EmailByUserIdLoader(Loader[UUID, str]):
    """Of the customers of such orders: whoever sees an order may write to its customer."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[str]:
        """In one statement."""
        emails = dict(User.objects.filter(id__in=keys).values_list("id", "email"))
        return [emails[key] for key in keys]


class ActorByPersonLoader(Loader[tuple[UUID, UUID], OrderEvent.Actor]):
    """What a person is to an order."""

    def batch(self, keys: Sequence[tuple[UUID, UUID]]) -> Sequence[OrderEvent.Actor]:
        """In one statement."""
        orders = Order.objects.filter(id__in={order_id for order_id, _ in keys})
        buyers = dict(orders.values_list("id", "customer_id"))
        return [Actor.CUSTOMER if buyers[order_id] == person_id else Actor.STAFF for order_id, person_id in keys]


NODES: dict[str, type[Loader[UUID, Any]]] = {
    "Order": OrderByIdLoader,
    "OrderLine": OrderLineByIdLoader,
    "OrderEvent": OrderEventByIdLoader,
}
