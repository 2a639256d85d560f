"""What the release before wrote, and still writes while it is replaced, is read as it was meant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection

from domains.accounts.models import User
from domains.common.data.models import new_id
from tests.api import Api
from tests.domains.orders.shop import DATABASES

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

QUERY = """{ orders { nodes {
    total { amount } subtotal { amount } tax { amount } charges { label } note deliveryAddress { city }
    shipment { carrier } invoice { number } events { type actor }
    lines { taxRate tax { amount } returnedQuantity product { name } }
    payment { refunded { amount } refunds { status amount { amount } creditNoteNumber } } } } }"""
READ = {
    "total": {"amount": "25.00"},
    "subtotal": {"amount": "25.00"},
    "tax": {"amount": "0.00"},
    "charges": [],
    "note": "",
    "deliveryAddress": None,
    "shipment": None,
    "invoice": None,
    "events": [{"type": "FULFILLED", "actor": "STAFF"}],
    "lines": [{"taxRate": "0.00", "tax": {"amount": "0.00"}, "returnedQuantity": 0, "product": {"name": "Bowl"}}],
    "payment": {
        "refunded": {"amount": "5.00"},
        "refunds": [{"status": "SUCCEEDED", "amount": {"amount": "5.00"}, "creditNoteNumber": None}],
    },
}


def write(table: str, **columns: Any) -> UUID:
    """A row with the columns of the release before and no others."""
    row: dict[str, Any] = {"id": new_id()} | columns
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO {table} (created_at, updated_at, {names}) VALUES (now(), now(), {places})"
    with connection.cursor() as cursor:
        cursor.execute(statement, list(row.values()))
    id_: UUID = row["id"]
    return id_


def write_order(customer: User) -> None:
    """Sent, and some of its money given back."""
    money = {"currency": "GBP"}
    held = {"amount": 2500, "authorized": 2500, "captured": 2500, "refunded": 500}
    texts = {"method": "pm_card_visa", "intent_id": "", "client_secret": "", "decline_code": ""}
    texts_of_product = {"sku": "B", "slug": "b", "name": "Bowl", "description": ""}
    product = write("products_product", **texts_of_product, price=2500, stock=0, active=True, version=1)
    payment = write("payments_payment", payer_id=customer.id, status="CAPTURED", **held, **texts, **money)
    write("payments_refund", payment_id=payment, amount=500, reason="Broken", **money)
    about = {"customer_id": customer.id, "payment_id": payment, "expires_at": "2026-11-22T00:00Z"}
    order = write("orders_order", **about, status="FULFILLED", total=2500, version=3, **money)
    line = {"position": 0, "product_name": "Bowl", "sku": "B", "quantity": 1, "unit_price": 2500, "total": 2500}
    write("orders_orderline", order_id=order, product_id=product, **line, **money)
    write("orders_orderevent", order_id=order, type="FULFILLED", message="Sent.", data="{}")


def test_an_order_of_the_release_before_has_no_tax_no_charge_and_no_invoice_and_breaks_no_rule(
    customer: User, api: Api
) -> None:
    write_order(customer)
    assert api.data(QUERY)["orders"]["nodes"] == [READ]
    call_command("check_invariants")
