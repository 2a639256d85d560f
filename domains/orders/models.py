"""Orders, their lines and their history."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value

from domains.common.data.models import BaseModel
from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer
from domains.payments.models import Payment
from domains.products.models import Product

_NUMBER = re.compile(r"([0-9]{4})-([0-9]{6}|[1-9][0-9]{6,17})")  # as it is shown: no other zeros in front


@dataclass(frozen=True, slots=True)
class OrderNumber:
    """What people read out: the year (UTC) in which an order was placed and a running number, `2026-000123`."""

    year: int
    serial: int

    @classmethod
    def parse(cls, text: str) -> OrderNumber:
        """NO_NUMBER, which no order has, for anything that `str` does not give."""
        match = _NUMBER.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else NO_NUMBER

    @classmethod
    def of(cls, placed_at: datetime, serial: int) -> OrderNumber:
        """The number of an order placed at this moment."""
        return cls(placed_at.astimezone(UTC).year, serial)

    def __str__(self) -> str:
        return f"{self.year}-{self.serial:06d}"


NO_NUMBER = OrderNumber(year=0, serial=0)


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own; staff see all."""
        return self if viewer.is_staff else self.filter(customer_id=viewer.user_id)

    def known(self, order_id: UUID) -> Order:
        """The one with this id. Raises NotFoundError."""
        if order := self.filter(id=order_id).first():
            return order
        raise NotFoundError("There is no such order", path=["orderId"])


class Order(BaseModel):
    """A purchase. `total` is in minor units of `currency`."""

    class Status(models.TextChoices):
        PENDING = "PENDING", "Stock is reserved, the payment is not decided yet. Can be cancelled."
        CONFIRMED = "CONFIRMED", "The money is held. Can be cancelled."
        FULFILLED = "FULFILLED", "Sent, and the money charged."
        CANCELLED = "CANCELLED", "Ended before it was sent; the stock is back."
        REFUNDED = "REFUNDED", "Sent, and all the money given back."

    serial = models.BigIntegerField(unique=True, db_default=Func(Value("orders_serial"), function="nextval"))
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.PENDING, help_text="Where it stands."
    )
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="order")
    expires_at = models.DateTimeField(help_text="end of the payment window")
    version = models.PositiveIntegerField(default=1, help_text="Raised by each change of status.")

    objects: ClassVar[models.Manager[Order]] = OrderQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative")
        ]
        indexes: ClassVar[list[models.Index]] = [
            *(  # each sort of all orders, and of one customer's, then what a filter asks for (see Product)
                models.Index(fields=[*leading, *columns], name=f"order_{name}_{columns[0]}")
                for name, leading in {"by": list[str](), "customer": ["customer"]}.items()
                for columns in (["created_at", "id", "status"], ["total", "id", "status", "created_at"])
            ),
            models.Index(fields=["status", "created_at", "id"], name="order_in_status"),  # for those that few are in
            models.Index(fields=["expires_at"], name="order_unpaid", condition=Q(status="PENDING")),
            models.Index(fields=["customer", "expires_at"], name="order_unpaid_of", condition=Q(status="PENDING")),
        ]

    @property
    def number(self) -> str:
        """See OrderNumber."""
        return str(OrderNumber.of(self.created_at, self.serial))


class OrderLine(BaseModel):
    """One product in an order; name, SKU and price are those of the moment of ordering."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines")
    product_name = models.CharField(max_length=200, help_text="The product's name then.")
    sku = models.CharField(max_length=64, help_text="The product's SKU then.")
    quantity = models.PositiveIntegerField(help_text="How many, 1 or more.")
    currency = models.CharField(max_length=3)
    unit_price = models.BigIntegerField()
    total = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "position"], name="line_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(condition=Q(total=F("unit_price") * F("quantity")), name="line_total_exact"),
        ]


class OrderEvent(BaseModel):
    """Something that happened to an order, in the transaction in which it happened."""

    class Type(models.TextChoices):
        PLACED = "PLACED", "It was placed."
        PAYMENT_ACTION_REQUIRED = "PAYMENT_ACTION_REQUIRED", "The customer has to confirm with the bank."
        CONFIRMED = "CONFIRMED", "The money is held."
        PAYMENT_DECLINED = "PAYMENT_DECLINED", "The provider refused the payment."
        EXPIRED = "EXPIRED", "It was not paid in time."
        CANCELLED = "CANCELLED", "It was cancelled."
        CAPTURE_REQUESTED = "CAPTURE_REQUESTED", "The provider was asked to charge the hold."
        CAPTURE_FAILED = "CAPTURE_FAILED", "The provider refused to charge the hold."
        FULFILLED = "FULFILLED", "It was sent."
        REFUND_REQUESTED = "REFUND_REQUESTED", "The provider was asked to give money back."
        REFUND_MADE = "REFUND_MADE", "Money was given back."
        REFUND_FAILED = "REFUND_FAILED", "The provider refused a refund, or the bank did not take it later."
        REFUNDED = "REFUNDED", "All the money was given back."
        CONFIRMATION_EMAIL_SENT = "CONFIRMATION_EMAIL_SENT", "The confirmation was mailed."

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=32, choices=Type.choices)
    message = models.CharField(max_length=300, help_text="What happened, for people. In English.")
    actor_id = models.UUIDField(null=True, help_text="who did it; empty for the system")
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(type="CONFIRMATION_EMAIL_SENT"), name="order_one_confirmation"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["order", "created_at", "id"], name="event_by_order")
        ]
