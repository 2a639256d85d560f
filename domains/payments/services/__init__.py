"""The rules of payments, and all that other domains use of them.

Providers are called outside any transaction; what they said is recorded in the caller's. An outcome is always found
by asking the provider about the intent, never by repeating a call whose answer got lost.
"""

from __future__ import annotations

from domains.payments.currencies import too_small
from domains.payments.gateway import GatewayUnavailable, RefundStatus
from domains.payments.models import Payment, PaymentOperation, Refund
from domains.payments.services.declines import (
    AMOUNT_REFUSED,
    check_declines,
    declines,
    origin,
    public_code,
    readable_code,
)
from domains.payments.services.holding import (
    CHANGED,
    QUEUE,
    Outcome,
    Purchase,
    holding,
    provider_changed,
    record,
    settle,
)
from domains.payments.services.operations import (
    OPERATION,
    Kind,
    carry_out,
    has_captured,
    has_failed_refund,
    is_busy,
    lock,
    refundable,
    refused,
    request,
)
from domains.payments.services.reconciling import Outdated, ProviderView, ask_provider, reconcile
