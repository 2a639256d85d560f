"""The sandbox provider's own records; nothing else reads them."""

from __future__ import annotations

from django.db import models

from domains.common.data.models import BaseModel
from domains.payments.gateway import IntentStatus

STATUSES = [(status.value, status.name.replace("_", " ").title()) for status in IntentStatus]


class SandboxIntent(BaseModel):
    """What the provider knows of one payment. Statuses are the ones of Stripe's PaymentIntent."""

    reference = models.CharField(max_length=64, unique=True, help_text="pi_..., the id that clients see")
    idempotency_key = models.CharField(max_length=100, unique=True)
    status = models.CharField(max_length=32, choices=STATUSES, default=IntentStatus.REQUIRES_CONFIRMATION)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=100)
    client_secret = models.CharField(max_length=200)
    captured = models.BigIntegerField(default=0)
    decline_code = models.CharField(max_length=100, default="")
    authorizes_at = models.DateTimeField(null=True, help_text="when a slow network has carried the answer here")


class SandboxRefund(BaseModel):
    """A refund at the provider."""

    intent = models.ForeignKey(SandboxIntent, on_delete=models.CASCADE, related_name="refunds")
    idempotency_key = models.CharField(max_length=100, unique=True)
    operation_id = models.CharField(max_length=64, help_text="metadata of the caller")
    amount = models.BigIntegerField()
    failed = models.BooleanField(default=False, db_default=False, help_text="the customer's bank did not take it")
