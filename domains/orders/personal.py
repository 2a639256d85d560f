"""What orders hold of people. An order stays for the books: its numbers, goods, amounts and the country."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from uuid import UUID

from django.db.models import Case, CharField, Count, JSONField, Q, QuerySet, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject

from domains.common.background.models import OutboxMessage
from domains.common.data.personal import Holding, Obstacle, Shown, amounts, columns, listed
from domains.delivery.addresses import Address
from domains.orders.models import Invoice, Order, OrderChange, OrderCharge, OrderEvent, OrderLine, Shipment
from domains.orders.transitions import CANCELLABLE, MAILS

_NOBODY = {name: Value("", CharField()) for name in asdict(Address("", "", "", ""))}
_SOMEWHERE = JSONObject(**{**_NOBODY, "country_code": KT("delivery_address__country_code")})
_ORDER = columns("id", "number", "status", "created_at", "updated_at", "note", "delivery_address", "payment_id")
_LINE = columns("product_name", "sku", "quantity", "returned_quantity", "tax_rate")
_SHIPMENT = columns("carrier", "tracking_number", "tracking_url", "sent_at")


def _order(row: Order) -> Shown:
    shipment, invoice = getattr(row, "shipment", None), getattr(row, "invoice", None)
    return {
        **_ORDER(row),
        **amounts(row, "total", "tax"),
        "lines": listed(row.lines.all(), _line),
        "charges": listed(row.charges.all(), lambda one: {"label": one.label, **amounts(one, "amount", "tax")}),
        "events": listed(row.events.all(), columns("type", "message", "created_at")),
        "shipment": _SHIPMENT(shipment) if shipment else None,
        "invoice": {"number": invoice.number, **amounts(invoice, "total", "tax")} if invoice else None,
    }


def _line(row: OrderLine) -> Shown:
    returns = listed(row.returns.all(), columns("quantity", "created_at"))
    return {**_LINE(row), **amounts(row, "unit_price", "total", "tax"), "returns": returns}


def _whole(rows: QuerySet[Order]) -> QuerySet[Order]:
    return rows.select_related("shipment", "invoice").prefetch_related("lines__returns", "charges", "events")


def _mails(person_id: UUID) -> Q:
    return Q(key__in=Order.objects.filter(customer_id=person_id).values("id"), topic__in=[*MAILS])


def obstacles(person_ids: Collection[UUID]) -> Iterator[tuple[UUID, Obstacle]]:
    """Orders that are neither sent nor ended."""
    open_ = Order.objects.filter(customer_id__in=person_ids, status__in=CANCELLABLE)
    for person_id, count in open_.values_list("customer_id").annotate(Count("id")).order_by():
        message = f"{count} x an order is open: cancel it, or wait until it is sent"
        yield person_id, Obstacle("OPEN_ORDERS", count, message)


_LABELS = (When(type=type_, then=Value(str(type_.label))) for type_ in OrderEvent.Type)
HOLDINGS = (
    Holding(
        Order,
        "customer_id",
        "orders",
        _order,
        _whole,
        erased={
            "note": "",
            "delivery_address": Case(
                When(delivery_address__isnull=False, then=_SOMEWHERE), default=None, output_field=JSONField()
            ),
            "recipient_words": "",
        },
    ),
    Holding(OrderEvent, "order__customer_id", erased={"message": Case(*_LABELS, default=Value(""))}),
    Holding(Shipment, "order__customer_id", erased={"carrier": "", "tracking_number": "", "tracking_url": ""}),
    Holding(OutboxMessage, _mails, "orderMails", columns("topic", "created_at", "done_at")),
)
IMPERSONAL = {
    Order: ("currency",),
    OrderLine: ("product_name", "sku", "currency"),
    OrderCharge: ("label", "currency"),
    Invoice: ("number", "currency"),
    OrderEvent: ("data",),  # ids and amounts
    OrderChange: ("status", "payment_status"),
}
