"""Cancelling an order."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from domains.common.background import outbox
from domains.common.background.models import OutboxMessage
from domains.common.data.transactions import retried, short_transaction
from domains.common.validation import visible
from domains.common.viewer import Viewer
from domains.orders.errors import InvalidStateError
from domains.orders.models import Order
from domains.orders.services import events
from domains.orders.services.following import follow_provider
from domains.orders.services.settling import ENDED_AT_ONCE, close, release
from domains.orders.transitions import CANCELLABLE
from domains.payments import services as payments

END_HOLD = "orders.hold"  # outbox topic; the key is the order's id
HOLD_LIFETIME = timedelta(days=6, hours=12)  # providers drop a hold after 7 days

Status = Order.Status


def cancel_order(*, viewer: Viewer, order_id: UUID, reason: str) -> Order:
    """End an order before it is fulfilled: stock back at once, hold released. By its owner or by staff.

    `reason` is made one line and cut off after 200 characters. Raises NotFoundError or InvalidStateError. A provider
    that does not answer is asked again in the background.
    """
    order = Order.objects.visible_to(viewer).known(order_id)
    release(
        _cancel(order, actor_id=viewer.user_id, reason=visible(" ".join(reason.split()))[:200] or "Order cancelled")
    )
    order.refresh_from_db()
    return order


def expire_holds() -> int:
    """Promise END_HOLD for CONFIRMED orders whose hold is about to end at the provider; how many.

    Called periodically; each is promised once.
    """
    promised = OutboxMessage.objects.filter(topic=END_HOLD, key=OuterRef("id"), done_at__isnull=True)
    ending = _ending().exclude(Exists(promised)).order_by("payment__authorized_at")
    with short_transaction():
        for order_id in (ids := list(ending.values_list("id", flat=True)[:ENDED_AT_ONCE])):
            outbox.enqueue(END_HOLD, key=order_id)
    return len(ids)


def end_hold(order_id: UUID) -> None:
    """Cancel an order whose hold is about to end, unless the provider says that the money was taken, or is gone.

    The news of that may be lost, and a parcel on its way must not be on sale again. Raises what `follow_provider` does.
    """
    follow_provider(order_id)
    order = _ending().filter(id=order_id).first()
    if order:
        with contextlib.suppress(InvalidStateError):  # somebody was quicker; its void is carried out by the outbox
            _cancel(order, actor_id=None, reason="It was not sent while the money could be held")


def _ending() -> QuerySet[Order]:
    authorized = payments.Payment.objects.filter(status=payments.Payment.Status.AUTHORIZED)
    old = authorized.filter(authorized_at__lte=Now() - HOLD_LIFETIME)
    return Order.objects.filter(status=Status.CONFIRMED, payment__in=old)


def _actor(order: Order, person_id: UUID | None) -> events.Actor:
    if person_id is None:
        return events.Actor.SYSTEM
    return events.Actor.CUSTOMER if person_id == order.customer_id else events.Actor.STAFF


@retried
def _cancel(order: Order, *, actor_id: UUID | None, reason: str) -> UUID:
    """The id of the void that is to be carried out."""
    with short_transaction():
        # In the order in which orders move: one that is being confirmed right now is met at the second step.
        if not any(events.move(order.id, before=before, after=Status.CANCELLED) for before in CANCELLABLE):
            now = Order.objects.values_list("status", flat=True).get(id=order.id)
            raise InvalidStateError(now, allowed="only a PENDING or CONFIRMED order can be cancelled")
        events.note(order.id, events.Type.CANCELLED, reason, actor=_actor(order, actor_id), actor_id=actor_id)
        void_id = close(order.id, order.payment_id)
        if void_id is None:
            raise InvalidStateError(Status.CONFIRMED, allowed="its payment is being captured, it can be refunded then")
    return void_id
