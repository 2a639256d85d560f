"""Orders, their lines and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Now

from domains.common.data.folding import FoldedModel, FoldedQuerySet
from domains.common.data.models import BaseModel
from domains.common.data.searching import words_of
from domains.common.errors import NotFoundError
from domains.common.viewer import Viewer
from domains.delivery.addresses import Address, RecipientField
from domains.orders.numbers import OrderNumber
from domains.payments.models import Payment
from domains.products.models import Product

# One each for an order; there is a REFUND_EMAIL_SENT for each refund.
SINGLE_MAILS = ("CONFIRMATION_EMAIL_SENT", "ACTION_EMAIL_SENT", "SENDING_EMAIL_SENT", "CANCELLATION_EMAIL_SENT")


class OrderQuerySet(FoldedQuerySet["Order"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own; staff see all."""
        return self if viewer.is_staff else self.filter(customer_id=viewer.user_id)

    def known(self, order_id: UUID) -> Order:
        """The one with this id. Raises NotFoundError."""
        if order := self.filter(id=order_id).first():
            return order
        raise NotFoundError("There is no such order", path=["orderId"])


class Order(FoldedModel):
    """A purchase. Amounts are in minor units of `currency`; `total` is the sum of its lines and charges."""

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
    charges_total = models.BigIntegerField(default=0, db_default=0, help_text="of `total`, what is no line")
    tax = models.BigIntegerField(default=0, db_default=0, help_text="of `total`: the sum over lines and charges")
    note = models.CharField(
        max_length=500, default="", db_default="", help_text="What the customer wrote to the shop; may be empty."
    )
    delivery_address: models.JSONField[Any, Any] = models.JSONField(null=True, help_text="see delivery's Address")
    recipient_words = RecipientField(of=["delivery_address"])
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="order")
    expires_at = models.DateTimeField(help_text="end of the payment window")
    version = models.PositiveIntegerField(default=1, help_text="Raised by each change of status.")

    objects: ClassVar[models.Manager[Order]] = OrderQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(
                condition=Q(charges_total__gte=0, total__gte=F("charges_total")), name="order_charges_within_total"
            ),
            models.CheckConstraint(condition=Q(tax__gte=0, total__gte=F("tax")), name="order_tax_within_total"),
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
            GinIndex(words_of("recipient_words"), name="order_by_recipient", condition=~Q(recipient_words="")),
        ]

    @property
    def subtotal(self) -> int:
        """The sum of its lines."""
        return self.total - self.charges_total

    @property
    def address(self) -> Address | None:
        """Where it goes, if anywhere."""
        return Address.kept(self.delivery_address)

    @property
    def number(self) -> str:
        """See OrderNumber."""
        return str(OrderNumber.of(self.created_at, self.serial))

    @property
    def page(self) -> str:
        """Where the shop shows it to its customer."""
        return f"{settings.FRONTEND_URL}/orders/{self.number}"


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
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, db_default=0, help_text="Percent of tax in its price then, 0 to 100."
    )
    tax = models.BigIntegerField(default=0, db_default=0, help_text="of `total`")
    returned_quantity = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How many came back, 0 to `quantity`."
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "position"], name="line_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(returned_quantity__gte=0, quantity__gte=F("returned_quantity")),
                name="line_returned_within_quantity",
            ),
            models.CheckConstraint(condition=Q(tax__gte=0, total__gte=F("tax")), name="line_tax_within_total"),
            models.CheckConstraint(condition=Q(total=F("unit_price") * F("quantity")), name="line_total_exact"),
        ]


class OrderCharge(BaseModel):
    """What an order costs besides its lines, as it was at the moment of ordering."""

    class Kind(models.TextChoices):
        DELIVERY = "DELIVERY", "Bringing it to the customer."

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="charges", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind.choices, help_text="What it is for.")
    label = models.CharField(max_length=100, help_text="What the customer saw, such as the delivery method's name.")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="minor units, its tax among them")
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    tax = models.BigIntegerField(help_text="of `amount`")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "kind"], name="charge_kind_once"),
            models.CheckConstraint(condition=Q(tax__gte=0, amount__gte=F("tax")), name="charge_tax_within_amount"),
        ]


class Shipment(BaseModel):
    """How an order was sent: written when its sending is asked for, true once it is FULFILLED (`sent_at`)."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="shipment")
    carrier = models.CharField(max_length=100, default="", help_text="Who brings it; may be empty.")
    tracking_number = models.CharField(max_length=100, default="", help_text="The carrier's number; may be empty.")
    tracking_url = models.CharField(max_length=500, default="")
    sent_at = models.DateTimeField(null=True)


class Invoice(BaseModel):
    """What was charged for an order, under a number without gaps: made in the transaction that fulfils it."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="invoice")
    number = models.CharField(max_length=24, unique=True, help_text='Without gaps in a year (UTC): "INV-2026-000001".')
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(help_text="what was captured, minor units")
    tax = models.BigIntegerField(help_text="of `total`")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(tax__gte=0, total__gte=F("tax")), name="invoice_tax_within_total")
        ]

    @property
    def issued_at(self) -> datetime:
        """When it was made."""
        return self.created_at


class ReturnedLine(BaseModel):
    """Pieces of a line that came back with one refund."""

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="returns")
    operation_id = models.UUIDField(help_text="of the refund that was asked for with it")
    quantity = models.PositiveIntegerField()
    restocked = models.BooleanField(help_text="whether they are for sale again")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["operation_id", "line", "restocked"], name="returned_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="returned_quantity_positive"),
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
        RETURNED = "RETURNED", "Products of it came back."
        CONFIRMATION_EMAIL_SENT = "CONFIRMATION_EMAIL_SENT", "The confirmation was mailed."
        ACTION_EMAIL_SENT = "ACTION_EMAIL_SENT", "The customer was asked by mail to confirm with the bank."
        SENDING_EMAIL_SENT = "SENDING_EMAIL_SENT", "That it is on its way was mailed."
        CANCELLATION_EMAIL_SENT = "CANCELLATION_EMAIL_SENT", "That it was cancelled or has expired was mailed."
        REFUND_EMAIL_SENT = "REFUND_EMAIL_SENT", "That money was given back was mailed."
        EMAIL_NOT_SENT = "EMAIL_NOT_SENT", "A mail about it could not be delivered."

    class Actor(models.TextChoices):
        CUSTOMER = "CUSTOMER", "The order's customer."
        STAFF = "STAFF", "Somebody of the shop."
        SYSTEM = "SYSTEM", "The shop itself, without anybody: by time, or a mail."
        PROVIDER = "PROVIDER", "The payment provider, or the bank behind it."

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=32, choices=Type.choices)
    message = models.CharField(max_length=300, help_text="What happened, for people. In English.")
    actor = models.CharField(
        max_length=8,
        choices=Actor.choices,
        db_default="",
        help_text="empty: of the release before, see UNNAMED in `loaders`",
    )
    actor_id = models.UUIDField(null=True, help_text="the person, if it was one")
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["order", "type"], condition=Q(type__in=SINGLE_MAILS), name="order_one_mail_each"
            ),
            models.UniqueConstraint(
                KT("data__refund_id"), condition=Q(type="REFUND_EMAIL_SENT"), name="refund_one_mail_each"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["order", "created_at", "id"], name="event_by_order")
        ]


class OrderChange(models.Model):
    """That an order, its payment or its history changed: written by triggers, in that transaction. Kept an hour.

    What `watching` reads, in the order in which it can be seen: `transaction` is compared with a snapshot.
    """

    transaction = models.BigIntegerField(help_text="the id of the transaction, as `pg_current_xact_id` tells it")
    order_id = models.UUIDField()
    customer_id = models.UUIDField()
    status = models.CharField(max_length=10, help_text="the order's before; empty when another row changed")
    payment_status = models.CharField(max_length=16, help_text="the payment's before; empty when another row changed")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["transaction"], name="order_changes"),
            models.Index(fields=["customer_id", "transaction"], name="order_changes_of"),
        ]
