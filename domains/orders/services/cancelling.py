"""Cancelling an order."""

from __future__ import annotations

import logging
from uuid import UUID

from domains.common import outbox
from domains.common.errors import NotFoundError
from domains.common.transactions import retried, short_transaction
from domains.common.viewer import Viewer
from domains.orders.errors import InvalidStateError
from domains.orders.models import Order
from domains.orders.services import events
from domains.orders.services.settling import SETTLE
from domains.payments import services as payments
from domains.payments.gateway import GatewayUnavailable
from domains.payments.models import Payment
from domains.products import stock

logger = logging.getLogger(__name__)

Status = Order.Status


def cancel_order(*, viewer: Viewer, order_id: UUID, reason: str) -> Order:
    """End an order before it is fulfilled: stock back at once, hold released. By its owner or by staff.

    Raises NotFoundError or InvalidStateError. A provider that does not answer is asked again in the background.
    """
    order = Order.objects.visible_to(viewer).filter(id=order_id).first()
    if order is None:
        raise NotFoundError("There is no such order", path=["orderId"])
    operation_id = _cancel(viewer=viewer, order=order, reason=reason.strip()[:200])
    if operation_id is not None:
        try:
            payments.carry_out(operation_id)
        except GatewayUnavailable:
            logger.warning("void goes on in the background", extra={"order_id": str(order.id)})
    order.refresh_from_db()
    return order


@retried
def _cancel(*, viewer: Viewer, order: Order, reason: str) -> UUID | None:
    """The id of the void that is to be carried out; None when no money is held."""
    with short_transaction():
        moved = events.move(order.id, before=Status.CONFIRMED, after=Status.CANCELLED) or events.move(
            order.id, before=Status.PENDING, after=Status.CANCELLED
        )
        if not moved:
            now = Order.objects.values_list("status", flat=True).get(id=order.id)
            raise InvalidStateError(now, allowed="only a PENDING or CONFIRMED order can be cancelled")
        events.note(order.id, events.Type.CANCELLED, reason or "Order cancelled", actor_id=viewer.user_id)
        outbox.withdraw(SETTLE, key=order.id)
        held = Payment.objects.filter(id=order.payment_id).exclude(status__in=[Payment.Status.FAILED])
        operation_id = payments.request_void(order.payment_id) if held.exists() else None
        stock.put_back(events.quantities(order.id), order_id=order.id)
    return operation_id
