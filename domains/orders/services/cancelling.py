"""Cancelling an order."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from domains.common.background import outbox
from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer
from domains.orders.errors import InvalidStateError
from domains.orders.models import Order
from domains.orders.services import events
from domains.orders.services.settling import SETTLE, release
from domains.payments import operations
from domains.payments.models import Payment
from domains.products import stock

logger = logging.getLogger(__name__)

HOLD_LIFETIME = timedelta(days=6, hours=12)  # providers drop a hold after 7 days
EXPIRED_AT_ONCE = 100

Status = Order.Status


def cancel_order(*, viewer: Viewer, order_id: UUID, reason: str) -> Order:
    """End an order before it is fulfilled: stock back at once, hold released. By its owner or by staff.

    Raises NotFoundError or InvalidStateError. A provider that does not answer is asked again in the background.
    """
    order = Order.objects.visible_to(viewer).filter(id=order_id).first()
    if order is None:
        raise NotFoundError("There is no such order", path=["orderId"])
    operation_id = _cancel(order, actor_id=viewer.user_id, reason=reason.strip()[:200] or "Order cancelled")
    release(operation_id)
    order.refresh_from_db()
    return order


def expire_holds() -> int:
    """Cancel CONFIRMED orders whose hold is about to end at the provider; how many. Called periodically."""
    before = timezone.now() - HOLD_LIFETIME
    old = Payment.objects.filter(status=Payment.Status.AUTHORIZED, authorized_at__lte=before)
    held = Order.objects.filter(status=Status.CONFIRMED, payment__in=old)
    cancelled = 0
    for order in held.order_by("payment__authorized_at")[:EXPIRED_AT_ONCE]:
        try:
            _cancel(order, actor_id=None, reason="The hold on the payment was about to end")  # the outbox voids it
            cancelled += 1
        except InvalidStateError:
            continue  # somebody was quicker
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # the oldest come first: one in trouble must not keep all others waiting
            logger.exception("order whose hold ends is in trouble", extra={"order_id": str(order.id)})
    return cancelled


@retried
def _cancel(order: Order, *, actor_id: UUID | None, reason: str) -> UUID:
    """The id of the void that is to be carried out."""
    with short_transaction():
        # In the order in which orders move: one that is being confirmed right now is met at the second step.
        moved = events.move(order.id, before=Status.PENDING, after=Status.CANCELLED) or events.move(
            order.id, before=Status.CONFIRMED, after=Status.CANCELLED
        )
        if not moved:
            now = Order.objects.values_list("status", flat=True).get(id=order.id)
            raise InvalidStateError(now, allowed="only a PENDING or CONFIRMED order can be cancelled")
        events.note(order.id, events.Type.CANCELLED, reason, actor_id=actor_id)
        outbox.withdraw(SETTLE, key=order.id)
        operation_id = operations.request(order.payment_id, operations.Kind.VOID)
        if operation_id is None:
            raise InvalidStateError(Status.CONFIRMED, allowed="its payment is being captured, it can be refunded then")
        stock.put_back(events.quantities(order.id), order_id=order.id)
    return operation_id
