"""Sending an order: its hold is captured, then it is FULFILLED."""

from __future__ import annotations

from uuid import UUID

from domains.common.data.transactions import retried, short_transaction
from domains.common.guard.bulkhead import PAYMENTS
from domains.common.viewer import Viewer
from domains.orders.errors import InvalidStateError, PaymentDeclinedError
from domains.orders.models import Order, Shipment
from domains.orders.services import events
from domains.orders.services.following import follow_payment
from domains.orders.services.sending import checked_shipment, plan_shipment
from domains.orders.services.settling import pending
from domains.orders.transitions import FULFILLABLE
from domains.payments import services as payments

NOT_CAPTURED = "The payment could not be captured, the order is not sent; look at the order again before you retry"


def fulfill_order(
    *, viewer: Viewer, order_id: UUID, carrier: str = "", tracking_number: str = "", tracking_url: str = ""
) -> Order:
    """Capture the hold of a CONFIRMED order. For staff; the caller has checked that.

    Carrier and tracking may be empty; the URL is https. Raises ValidationError, NotFoundError, InvalidStateError,
    PaymentDeclinedError (the capture was refused: the order is not sent) or PaymentPendingError (its outcome is not
    known or written down: it goes on in the background), and ServiceUnavailableError, with nothing written, when the
    calls to the provider have all the threads they may have.
    """
    shipment = checked_shipment(order_id, carrier=carrier, tracking_number=tracking_number, tracking_url=tracking_url)
    with PAYMENTS.enter():
        operation_id = _claim(viewer, shipment)
        with pending(order_id):
            operation = payments.carry_out(operation_id)
            follow_payment(order_id)
    if operation.status == payments.PaymentOperation.Status.FAILED:
        raise PaymentDeclinedError(operation.failure_code, message=NOT_CAPTURED, path=["orderId"])
    return Order.objects.get(id=order_id)


@retried
def _claim(viewer: Viewer, shipment: Shipment) -> UUID:
    """The capture, claimed while the order is CONFIRMED and nothing else is being done with its money."""
    with short_transaction():
        order = Order.objects.visible_to(viewer).select_for_update(no_key=True).known(shipment.order_id)
        if order.status != FULFILLABLE:
            raise InvalidStateError(order.status, allowed="only a CONFIRMED order can be fulfilled")
        operation_id = payments.request(order.payment_id, payments.Kind.CAPTURE, amount=order.total)
        if operation_id is None:
            raise InvalidStateError(order.status, allowed="another operation on its payment is still running")
        plan_shipment(shipment)
        type_, message = events.Type.CAPTURE_REQUESTED, "The payment is being charged"
        events.note(order.id, type_, message, actor=events.Actor.STAFF, actor_id=viewer.user_id)
    return operation_id
