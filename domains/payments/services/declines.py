"""Declined payments: how many an account and an address may have, and what a customer hears of one.

Whoever tries stolen cards needs a shop that says which of them work, and why the others do not.
https://docs.stripe.com/disputes/prevention/card-testing
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from domains.common.errors import RateLimitedError
from domains.common.guard.addresses import is_trusted, network
from domains.common.guard.keyed import keyed
from domains.common.viewer import client_address

AMOUNT_REFUSED = frozenset({"amount_too_small", "amount_too_large"})  # decline codes that are not the card's fault
PERIOD = timedelta(hours=1)
GENERIC = "generic_decline"
# What helps an honest customer; all others, those too that a bank invents tomorrow, become GENERIC. Stripe asks for
# that for some of them: https://docs.stripe.com/declines/codes
_HARMLESS = """
    amount_not_representable amount_too_large amount_too_small authentication_required card_declined
    card_not_supported card_velocity_exceeded charge_already_refunded charge_disputed currency_not_supported
    duplicate_transaction expired expired_card incorrect_address incorrect_cvc incorrect_number incorrect_zip
    insufficient_funds invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number invalid_payment_method
    issuer_not_available payment_intent_authentication_failure payment_intent_unexpected_state processing_error
    reenter_transaction refund_failed try_again_later withdrawal_count_limit_exceeded
    """
HARMLESS = frozenset(_HARMLESS.split())
# The moment of the oldest decline of so many that are allowed: of an account (one that the provider still decides may
# become another, which is known in a moment), and of an address. NULL while there are less.
_FULL_SINCE = """greatest(
    (SELECT declined_at FROM (
        SELECT declined_at FROM payments_payment WHERE payer_id = %s AND status = 'FAILED' AND declined_at > %s
        UNION ALL SELECT %s FROM payments_payment WHERE payer_id = %s AND status = 'PENDING'
    ) AS possible ORDER BY declined_at DESC OFFSET %s LIMIT 1),
    (SELECT declined_at FROM payments_payment WHERE origin = ANY(%s) AND status = 'FAILED' AND declined_at > %s
     ORDER BY declined_at DESC OFFSET %s LIMIT 1))"""


def declines(payer_id: UUID, origin: str) -> tuple[str, *tuple[Any, ...]]:
    """An expression for a statement of the caller, and its values: since when the payer or the origin has had too many.

    Exact for the payer, whose row the caller has locked; what an address tries in the same milliseconds may be more.
    """
    most, since = settings.DECLINES_PER_HOUR, timezone.now() - PERIOD
    of_payer = (payer_id, since, since, payer_id, most - 1)
    return _FULL_SINCE, *of_payer, _origins() if origin else [], since, 10 * most - 1


def check_declines(full_since: datetime | None) -> None:
    """Raises RateLimitedError when that moment, of `declines`, is one."""
    if full_since:
        seconds = math.ceil((full_since + PERIOD - timezone.now()).total_seconds())
        raise RateLimitedError(max(1, seconds), reason="Too many declined payments")


def origin() -> str:
    """Where the request comes from, as a keyed hash; empty for addresses that are not counted, and for commands."""
    return next(iter(_origins()), "")


def _origins() -> list[str]:
    """The hash of `origin`, and those by keys that are rotated out or in."""
    address = client_address.get()
    return [] if address is None or is_trusted(address) else keyed("declines", network(address))


def public_code(code: str) -> str:
    """What customers hear of a code of the bank or the provider; empty when there is none."""
    return code if not code or code in HARMLESS else GENERIC


def readable_code(code: str) -> str:
    """The same in a text for people; empty when it tells them nothing."""
    shown = public_code(code)
    return "" if shown == GENERIC else shown.replace("_", " ")
