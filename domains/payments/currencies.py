"""Which currencies a provider charges, and how finely."""

from __future__ import annotations

from django.conf import settings

from domains.common.data.money import readable
from domains.payments.stripe import amounts

FREE = "An order must cost something"


def is_charged(currency: str, gateway: str) -> bool:
    """Whether the provider charges this currency of ISO 4217. The sandbox charges all."""
    return gateway != "stripe" or currency not in amounts.NOT_CHARGED


def too_small(amount: int, currency: str) -> str:
    """Why this many minor units are less than the provider that PAYMENT_GATEWAY names would charge; else empty."""
    least = amounts.LEAST.get(currency, 1) if settings.PAYMENT_GATEWAY == "stripe" else 1
    if amount >= least:
        return ""
    return f"An order must come to at least {readable(least, currency)}: no less can be charged" if amount else FREE


def step(currency: str) -> int:
    """What amounts must be multiples of, in minor units, for the provider that PAYMENT_GATEWAY names."""
    return amounts.step(currency) if settings.PAYMENT_GATEWAY == "stripe" else 1
