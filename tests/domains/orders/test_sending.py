"""How an order was sent, and what was charged for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from domains.orders.models import Invoice, Order, Shipment
from domains.payments.gateway import Declined
from domains.payments.sandbox.gateway import SandboxGateway
from tests.api import Api, gid
from tests.domains.orders.dashboard import TOTAL, capture_there, drain
from tests.domains.orders.shop import DATABASES, the_order

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

SENT = """shipment { carrier trackingNumber trackingUrl sentAt }
    invoice { number issuedAt total { amount currencyCode } tax { amount } }"""
TRACKED = {"carrier": " Royal Mail ", "trackingNumber": "AB 1", "trackingUrl": "https://example.com/AB%201?x=1#here"}


def fulfil(staff: Api, order: Order, **fields: str | None) -> dict[str, Any]:
    return staff.call("fulfillOrder", f"order {{ status {SENT} }}", orderId=gid(order), **fields)


def seen(api: Api, order: Order) -> dict[str, Any]:
    found: dict[str, Any] = api.data(f"query ($id: ID!) {{ order(id: $id) {{ {SENT} }} }}", {"id": gid(order)})["order"]
    return found


def test_a_customer_reads_how_an_order_was_sent_and_what_was_charged(api: Api, staff: Api, order: Order) -> None:
    Order.objects.update(tax=333)
    assert seen(api, order) == {"shipment": None, "invoice": None}
    answer = fulfil(staff, order, **TRACKED)["order"]
    assert (answer.pop("status"), seen(api, order)) == ("FULFILLED", answer)
    assert answer["shipment"] | {"sentAt": None} == {**TRACKED, "carrier": "Royal Mail", "sentAt": None}
    year = timezone.now().year
    money = {"total": {"amount": "20.00", "currencyCode": "GBP"}, "tax": {"amount": "3.33"}}
    assert answer["invoice"] | {"issuedAt": None} == {"number": f"INV-{year}-000001", "issuedAt": None, **money}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("carrier", "x" * 101),
        ("trackingNumber", "x" * 101),
        ("trackingUrl", "https://example.com/" + "x" * 481),
        ("trackingUrl", "http://example.com/1"),
        ("trackingUrl", "javascript:alert(1)"),
        ("trackingUrl", "https://carrier.example@elsewhere.example/1"),
    ],
)
def test_what_cannot_be_shown_to_the_customer_is_refused(staff: Api, order: Order, field: str, value: str) -> None:
    answer = fulfil(staff, order, **{field: value})
    assert (answer["__typename"], answer["path"]) == ("ValidationError", ["input", field])
    assert (the_order().status, Shipment.objects.count()) == ("CONFIRMED", 0)


def test_a_later_try_says_anew_how_an_order_is_sent(staff: Api, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise Declined("processing_error")

    with monkeypatch.context() as refusing:
        refusing.setattr(SandboxGateway, "capture", refused)
        assert fulfil(staff, order, **TRACKED)["__typename"] == "PaymentDeclinedError"
    assert seen(staff, order) == {"shipment": None, "invoice": None}
    sent = fulfil(staff, order, carrier="DHL", trackingUrl=None)["order"]["shipment"]
    assert sent | {"sentAt": None} == {"carrier": "DHL", "trackingNumber": "", "trackingUrl": None, "sentAt": None}


@pytest.mark.parametrize(("captured", "tax"), [(TOTAL, 333), (TOTAL // 2, 167), (1, 0)])
def test_a_capture_heard_from_the_provider_makes_an_invoice_of_what_was_captured(
    order: Order, tell: Callable[[Order], None], captured: int, tax: int
) -> None:
    Order.objects.update(tax=333)
    capture_there(order, captured)
    for _ in range(2):
        tell(order)
        drain()
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.tax) == (captured, tax)
    assert Shipment.objects.get().sent_at is not None
