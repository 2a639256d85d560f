"""Moving an order from state to state, with the event that says so, in one transaction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from domains.orders.models import Order, OrderEvent, OrderLine

Type = OrderEvent.Type


def move(order_id: UUID, *, before: Order.Status, after: Order.Status) -> bool:
    """A conditional UPDATE on the old state: of several rivals exactly one gets True."""
    return bool(
        Order.objects.filter(id=order_id, status=before).update(
            status=after, version=F("version") + 1, updated_at=timezone.now()
        )
    )


def note(order_id: UUID, type_: OrderEvent.Type, message: str, *, actor_id: UUID | None = None, **data: Any) -> None:
    """Add to the order's history."""
    OrderEvent.objects.create(order_id=order_id, type=type_, message=message, actor_id=actor_id, data=data)


def quantities(order_id: UUID) -> dict[UUID, int]:
    """Pieces by product."""
    return dict(OrderLine.objects.filter(order_id=order_id).values_list("product_id", "quantity"))
