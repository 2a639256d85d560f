"""What an account may have open: nobody reserves the shop without paying, nor tries cards on it."""

from __future__ import annotations

import math
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from domains.common.data.prepared import fetch_one
from domains.common.errors import RateLimitedError, UnauthenticatedError
from domains.payments import services as payments

# Follows the claim of an idempotency key in one statement: from here on the account takes one order at a time.
LOCK_ACCOUNT = "SELECT 1 FROM accounts_user WHERE id = (SELECT owner_id FROM claimed) FOR NO KEY UPDATE"
_OPEN = """SELECT {declines}, count(*), min(expires_at),
    EXISTS (SELECT FROM accounts_user WHERE id = %s AND is_active)
    FROM orders_order WHERE customer_id = %s AND status = 'PENDING'"""


def check_limits(customer_id: UUID, origin: str) -> None:
    """Before an order is written, in its transaction, with the account locked.

    Raises RateLimitedError for ORDER_MAX_UNPAID orders that are PENDING, and for too many declined payments, and
    UnauthenticatedError for an account that was closed or erased while the request was on its way.
    """
    declines, *values = payments.declines(customer_id, origin)
    row = fetch_one(_OPEN.format(declines=declines), *values, customer_id, customer_id)
    assert row is not None
    full_since, unpaid, first_end, active = row
    if not active:
        raise UnauthenticatedError
    if unpaid >= settings.ORDER_MAX_UNPAID:
        seconds = math.ceil((first_end - timezone.now()).total_seconds())
        raise RateLimitedError(max(1, seconds), reason="Too many unpaid orders: pay or cancel one")
    payments.check_declines(full_since)
