"""Payments, and what is claimed of the provider before it is called."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from domains.common.data.models import BaseModel
from domains.common.viewer import Viewer
from domains.payments.gateway import RefundStatus
from domains.payments.sandbox.models import SandboxIntent, SandboxRefund
from domains.payments.stripe.models import EventsFetch, WebhookEvent

POSSIBLE = Q(status__in=("PENDING", "FAILED"))  # declines

__all__ = [
    "Dispute",
    "EventsFetch",
    "Payment",
    "PaymentOperation",
    "Refund",
    "SandboxIntent",
    "SandboxRefund",
    "WebhookEvent",
]


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own; staff see all."""
        return self if viewer.is_staff else self.filter(payer_id=viewer.user_id)


class Payment(BaseModel):
    """Money held, captured and refunded for one purchase; amounts in minor units of `currency`."""

    class Status(models.TextChoices):
        PENDING = "PENDING", "The provider has not answered yet."
        REQUIRES_ACTION = "REQUIRES_ACTION", "The customer has to confirm with the bank, using `clientSecret`."
        AUTHORIZED = "AUTHORIZED", "The amount is held on the payment method."
        CAPTURED = "CAPTURED", "The amount was charged."
        VOIDED = "VOIDED", "The hold was released; nothing was charged."
        FAILED = "FAILED", "The provider declined."

    UNDECIDED = (Status.PENDING, Status.REQUIRES_ACTION)

    payer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payments")
    status = models.CharField(
        max_length=16, choices=Status.choices, default=Status.PENDING, help_text="Where it stands."
    )
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="what the purchase costs")
    authorized = models.BigIntegerField(default=0)
    captured = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0, help_text="with what the provider has not given back yet")
    refunds_pending = models.BigIntegerField(default=0, db_default=0, help_text="of `refunded`: not given back yet")
    method = models.CharField(max_length=100, help_text="the provider's payment method id")
    provider = models.CharField(
        max_length=20, default="", db_default="", help_text="key of GATEWAYS that holds it; empty: PAYMENT_GATEWAY"
    )
    intent_id = models.CharField(max_length=100, default="", help_text="the provider's id; empty until it is known")
    client_secret = models.CharField(max_length=200, default="")
    decline_code = models.CharField(max_length=100, default="")
    declined_at = models.DateTimeField(null=True)
    origin = models.CharField(
        max_length=64, default="", db_default="", help_text="keyed hash of the payer's network; empty: not counted"
    )
    authorized_at = models.DateTimeField(null=True, help_text="holds end 7 days later at the provider")

    objects: ClassVar[models.Manager[Payment]] = PaymentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, captured__gte=F("refunded"), authorized__gte=F("captured")),
                name="payment_amounts_in_order",
            ),
            models.CheckConstraint(condition=Q(amount__gte=F("authorized")), name="payment_not_over_authorized"),
            models.CheckConstraint(
                condition=Q(refunds_pending__gte=0, refunded__gte=F("refunds_pending")),
                name="payment_pending_within_refunded",
            ),
            models.UniqueConstraint(fields=["intent_id"], condition=~Q(intent_id=""), name="payment_intent_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "id"], name="payment_in_status"),
            models.Index(fields=["authorized_at"], name="payment_held_since", condition=Q(status="AUTHORIZED")),
            *(  # see `declines`
                models.Index(fields=[of, "status", "declined_at"], name=f"payment_declines_{of}", condition=POSSIBLE)
                for of in ("payer", "origin")
            ),
        ]


class PaymentOperation(BaseModel):
    """A capture, void or refund, claimed here before the provider is called: a crash never leaves one half-done.

    `attempts` counts calls; from the first on, the provider is asked what became of it before it is called again.
    """

    class Kind(models.TextChoices):
        CAPTURE = "CAPTURE"
        VOID = "VOID"
        REFUND = "REFUND"

    class Status(models.TextChoices):
        REQUESTED = "REQUESTED"
        SUCCEEDED = "SUCCEEDED"
        FAILED = "FAILED"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    amount = models.BigIntegerField(default=0, help_text="minor units; 0 for a void")
    reason = models.CharField(max_length=200, default="")
    staff_note = models.CharField(max_length=500, default="", db_default="", help_text="of a refund; for staff alone")
    attempts = models.PositiveSmallIntegerField(default=0)
    failure_code = models.CharField(max_length=100, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(status="REQUESTED"), name="payment_one_open_operation"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="operation_amount_not_negative"),
        ]


class Refund(BaseModel):
    """Money that the provider gives back. Its id is that of the operation that did it."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    status = models.CharField(
        max_length=10,
        choices=RefundStatus.choices,
        default=RefundStatus.SUCCEEDED,
        db_default=RefundStatus.SUCCEEDED,
        help_text="Where it stands at the payment provider.",
    )
    amount = models.BigIntegerField(help_text="minor units")
    currency = models.CharField(max_length=3)
    reason = models.CharField(
        max_length=200, help_text="Why, for the customer: as staff wrote it, or what made it without them."
    )
    credit_note_number = models.CharField(  # noqa: DJ001  # unique where there is one
        max_length=24,
        null=True,
        help_text='Without gaps in a year (UTC): "CN-2026-000001"; null until it has SUCCEEDED.',
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.UniqueConstraint(fields=["credit_note_number"], name="refund_credit_note_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["updated_at"], name="refund_pending", condition=Q(status="PENDING"))
        ]


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Staff see all, others none."""
        return self if viewer.is_staff else self.none()


class Dispute(BaseModel):
    """The cardholder's bank wants captured money back. Recorded as the provider tells it."""

    # Those in which the provider has taken no money, or has returned it: all others count.
    HARMLESS = ("warning_needs_response", "warning_under_review", "warning_closed", "won", "prevented")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    reference = models.CharField(max_length=100, unique=True, help_text="the provider's id")
    amount = models.BigIntegerField(help_text="minor units")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=100, help_text="Why, in the provider's words: `fraudulent`.")
    status = models.CharField(max_length=50, help_text="Where it stands, in the provider's words: `needs_response`.")
    evidence_due_at = models.DateTimeField(
        null=True, help_text="Until when the shop can answer; null when it cannot, or when no date is set."
    )

    objects: ClassVar[models.Manager[Dispute]] = DisputeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="dispute_amount_not_negative")
        ]
