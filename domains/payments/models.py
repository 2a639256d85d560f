"""Payments, and what is claimed of the provider before it is called."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from domains.common.models import BaseModel
from domains.common.viewer import Viewer
from domains.payments.sandbox.models import SandboxIntent

__all__ = ["Payment", "PaymentOperation", "SandboxIntent"]


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """One's own; staff see all."""
        return self if viewer.is_staff else self.filter(payer_id=viewer.user_id)


class Payment(BaseModel):
    """Money held, captured and refunded for one purchase; amounts in minor units of `currency`."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        REQUIRES_ACTION = "REQUIRES_ACTION"
        AUTHORIZED = "AUTHORIZED"
        CAPTURED = "CAPTURED"
        VOIDED = "VOIDED"
        FAILED = "FAILED"

    UNDECIDED = (Status.PENDING, Status.REQUIRES_ACTION)

    payer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payments")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PENDING)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="what the purchase costs")
    authorized = models.BigIntegerField(default=0)
    captured = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    method = models.CharField(max_length=100, help_text="the provider's payment method id")
    intent_id = models.CharField(max_length=100, default="", help_text="the provider's id; empty until it is known")
    client_secret = models.CharField(max_length=200, default="")
    decline_code = models.CharField(max_length=100, default="")

    objects: ClassVar[models.Manager[Payment]] = PaymentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, captured__gte=F("refunded"), authorized__gte=F("captured")),
                name="payment_amounts_in_order",
            ),
            models.CheckConstraint(condition=Q(amount__gte=F("authorized")), name="payment_not_over_authorized"),
            models.UniqueConstraint(fields=["intent_id"], condition=~Q(intent_id=""), name="payment_intent_once"),
        ]


class PaymentOperation(BaseModel):
    """A void that is claimed here before the provider is called, so that a crash never leaves one half-done."""

    class Kind(models.TextChoices):
        VOID = "VOID"

    class Status(models.TextChoices):
        REQUESTED = "REQUESTED"
        SUCCEEDED = "SUCCEEDED"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(status="REQUESTED"), name="payment_one_open_operation"
            )
        ]
