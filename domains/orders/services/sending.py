"""What is written when an order is sent: its shipment and its invoice."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from domains.common.data.money import share_of
from domains.common.data.numbering import next_number
from domains.common.data.writes import insert
from domains.common.errors import FieldErrorCode
from domains.common.validation import Problems, is_https
from domains.orders.models import Invoice, Order, Shipment
from domains.payments.services import Payment

INVOICES = "INV"  # the series of their numbers


def checked_shipment(order_id: UUID, *, carrier: str, tracking_number: str, tracking_url: str) -> Shipment:
    """A shipment that is not written yet; each text may be empty. Raises ValidationError."""
    problems = Problems()
    shipment = Shipment(
        order_id=order_id,
        carrier=problems.text("carrier", carrier, least=0, most=100),
        tracking_number=problems.text("trackingNumber", tracking_number, least=0, most=100),
        tracking_url=problems.text("trackingUrl", tracking_url, least=0, most=500),
    )
    if shipment.tracking_url and not problems.found and not is_https(shipment.tracking_url):
        problems.add("trackingUrl", message="Must be an https URL", code=FieldErrorCode.INVALID)
    problems.check()
    return shipment


def plan_shipment(shipment: Shipment) -> None:
    """Write how the order will be sent, in place of what an earlier try said."""
    _write(shipment, "carrier", "tracking_number", "tracking_url")


def record_sending(order: Order, payment: Payment) -> None:
    """Shipment and invoice of an order that has just become FULFILLED; the last that its transaction does.

    All orders that are sent wait for the counter of invoices.
    """
    _write(Shipment(order=order, sent_at=timezone.now()), "sent_at")
    tax = share_of(order.tax, payment.captured, order.total)
    number = next_number(INVOICES)
    insert(Invoice(order=order, number=number, currency=order.currency, total=payment.captured, tax=tax))


def _write(shipment: Shipment, *columns: str) -> None:
    """The order's one row, or only these columns of the one that it has."""
    Shipment.objects.bulk_create(
        [shipment], update_conflicts=True, unique_fields=["order"], update_fields=[*columns, "updated_at"]
    )
