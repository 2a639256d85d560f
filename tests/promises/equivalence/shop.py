"""A small shop that is the same in every run: ids, moments and numbers are fixed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

from domains.accounts.models import AuditEvent, Session, User
from domains.common.background.models import OutboxMessage
from domains.common.graphql.ids import to_global_id
from domains.common.viewer import ANONYMOUS, Viewer
from domains.delivery.models import DeliveryMethod
from domains.orders.models import Order, OrderEvent, OrderLine
from domains.payments.models import Payment, Refund
from domains.products.models import Category, Product
from tests.factories import (
    CategoryFactory,
    DeliveryMethodFactory,
    ProductFactory,
    SessionFactory,
    StaffFactory,
    UserFactory,
)

COUNTS = {
    "User": 3,
    "Session": 4,
    "AuditEvent": 4,
    "Category": 3,
    "Product": 8,
    "DeliveryMethod": 3,
    "Order": 6,
    "OrderLine": 12,
    "OrderEvent": 8,
    "Payment": 6,
    "Refund": 3,
    "FailedMessage": 2,
}
UNASKED = {"User": 4, "Category": 8}  # more rows, whose ids no operation names: they fill pages
CUSTOMER, OTHER, STAFF = range(3)
FIRST_SERIAL = 900_001  # orders that mutations place are numbered from 1
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def key(kind: str, number: int) -> UUID:
    """The primary key of the row of that kind with this number, from 0."""
    return uuid5(NAMESPACE_DNS, f"{kind}-{number}.example.com")


def gid(kind: str, number: int) -> str:
    """Its global id."""
    return str(to_global_id(kind, key(kind, number)))


IDS = {kind: [gid(kind, number) for number in range(count)] for kind, count in COUNTS.items()}
VIEWERS = {
    "nobody": ANONYMOUS,
    "customer": Viewer(key("User", CUSTOMER), session_id=key("Session", 0)),
    "staff": Viewer(key("User", STAFF), session_id=key("Session", 3), is_staff=True),
}


def open_shop() -> None:
    """Write the rows."""
    _people()
    _catalogue()
    _delivery()
    _orders()
    for number in range(COUNTS["FailedMessage"]):
        about = {"topic": "mails.send", "key": key("Order", number), "attempts": 9, "last_error": "No route to host"}
        OutboxMessage.objects.create(
            **_row("FailedMessage", number), **about, due_at=_LONG_AGO, dead_at=_LONG_AGO + timedelta(days=number)
        )
    touched = (User, Session, AuditEvent, Category, Product, DeliveryMethod, Payment, Refund, Order, OrderEvent)
    for model in (*touched, OutboxMessage):
        model._base_manager.update(updated_at=_LONG_AGO)


def _row(kind: str, number: int) -> dict[str, Any]:
    return {"id": key(kind, number), "created_at": _LONG_AGO + timedelta(hours=number // 2)}


def _people() -> None:
    people = [
        make.create(**_row("User", number), email=f"person{number}@example.com", name=f"Person {number}")
        for number, make in enumerate((UserFactory, UserFactory, StaffFactory, *[UserFactory] * UNASKED["User"]))
    ]
    for number, owner in enumerate((CUSTOMER, CUSTOMER, OTHER, STAFF)):
        about: dict[str, Any] = {"user": people[owner], "ip_address": None if number % 2 else "192.0.2.1"}
        SessionFactory.create(**_row("Session", number), user_agent="Firefox", last_used_at=_LONG_AGO, **about)
        AuditEvent.objects.create(**_row("AuditEvent", number), type=AuditEvent.Type.values[number], **about)
    Session.objects.update(expires_at=datetime(2126, 1, 1, tzinfo=UTC))


def _catalogue() -> None:
    """The first two categories have the products; every fifth is in none, the last one is not for sale."""
    categories = [
        CategoryFactory.create(**_row("Category", number), name=f"Category {number}", slug=f"category-{number}")
        for number in range(COUNTS["Category"] + UNASKED["Category"])
    ]
    for number in range(COUNTS["Product"]):
        product = ProductFactory.create(
            **_row("Product", number),
            sku=f"SKU-{number}",
            slug=f"product-{number}",
            name=f"Oak chair {number}",
            price=1_000 + 125 * number,
            stock=number % 3,
            images=[{"url": f"https://a.example/{place}", "alt": ""} for place in range(number % 3)],
            active=number < COUNTS["Product"] - 1,
            category=None if number % 5 == 4 else categories[number % 2],
        )
        product.movements.update(**_row("StockMovement", number))


def _delivery() -> None:
    """One delivers everywhere, one to two countries, one is not offered."""
    for number in range(COUNTS["DeliveryMethod"]):
        codes = ["DE", "GB"] if number == 1 else []
        DeliveryMethodFactory.create(
            **_row("DeliveryMethod", number), name=f"Method {number}", country_codes=codes, active=number < 2
        )


def _orders() -> None:
    for number in range(COUNTS["Order"]):
        payer = key("User", OTHER if number % 3 == 2 else CUSTOMER)
        money = {"amount": 4_000, "authorized": 4_000, "captured": 3_000, "refunded": 500 * (number % 2)}
        Payment.objects.create(
            **_row("Payment", number), payer_id=payer, status=Payment.Status.values[number], currency="GBP",
            client_secret="secret", decline_code="card_declined" if number == 5 else "", **money,
        )  # fmt: skip
        Order.objects.create(
            **_row("Order", number), serial=FIRST_SERIAL + number, customer_id=payer,
            status=Order.Status.values[number % 5], currency="GBP", total=4_000, payment_id=key("Payment", number),
            expires_at=_LONG_AGO,
        )  # fmt: skip
    for number in range(COUNTS["OrderLine"]):
        OrderLine.objects.create(
            **_row("OrderLine", number), order_id=key("Order", number // 3), position=number % 3,
            product_id=key("Product", number % COUNTS["Product"]), product_name="Oak chair", sku=f"SKU-{number}",
            quantity=2, currency="GBP", unit_price=500, total=1_000,
        )  # fmt: skip
    for number in range(COUNTS["OrderEvent"]):
        kind = OrderEvent.Type.values[number]
        OrderEvent.objects.create(
            **_row("OrderEvent", number), order_id=key("Order", number % 4), type=kind, message=f"It was {kind}."
        )
    for number in range(COUNTS["Refund"]):
        about = {"payment_id": key("Payment", number), "amount": 250, "currency": "GBP", "reason": "Broken"}
        Refund.objects.create(**_row("Refund", number), **about)
