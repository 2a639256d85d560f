"""How orders and what hangs on them are read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_key, grouped, latest
from domains.orders.models import Order, OrderEvent, OrderLine
from domains.products.models import Product

MAX_EVENTS = 250  # an order has about ten, and two more for each refund


class OrderByIdLoader(Loader[UUID, Order | None]):
    """Orders that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[Order | None]:
        return by_key(Order.objects.visible_to(self.viewer).filter(id__in=keys), keys)


class OrderLineByIdLoader(Loader[UUID, OrderLine | None]):
    """Lines of orders that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[OrderLine | None]:
        mine = Order.objects.visible_to(self.viewer)
        return by_key(OrderLine.objects.filter(id__in=keys, order__in=mine), keys)


class OrderEventByIdLoader(Loader[UUID, OrderEvent | None]):
    """Events of orders that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[OrderEvent | None]:
        mine = Order.objects.visible_to(self.viewer)
        return by_key(OrderEvent.objects.filter(id__in=keys, order__in=mine), keys)


class LinesByOrderIdLoader(Loader[UUID, list[OrderLine]]):
    """The lines of orders that the viewer was given already."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[OrderLine]]:
        return grouped(OrderLine.objects.filter(order_id__in=keys).order_by("order_id", "position"), keys, "order_id")


class EventsByOrderIdLoader(Loader[UUID, list[OrderEvent]]):
    """The latest MAX_EVENTS events of orders that the viewer was given already, oldest first."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[list[OrderEvent]]:
        return latest(OrderEvent, keys, "order_id", most=MAX_EVENTS)


class OrderedProductByIdLoader(Loader[UUID, Product | None]):
    """Products as buyers of them see them: also those that are not for sale any more.

    A loader of its own: its cache must never answer for the one behind `node` and `product`.
    """

    def batch(self, keys: Sequence[UUID]) -> Sequence[Product | None]:
        return by_key(Product.objects.filter(id__in=keys), keys)


NODES: dict[str, type[Loader[UUID, Any]]] = {
    "Order": OrderByIdLoader,
    "OrderLine": OrderLineByIdLoader,
    "OrderEvent": OrderEventByIdLoader,
}
