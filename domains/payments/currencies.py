"""Which currencies a provider charges, and how finely."""

from __future__ import annotations

from django.conf import settings

from domains.payments.stripe import amounts


def is_charged(currency: str, gateway: str) -> bool:
    """Whether the provider charges this currency of ISO 4217. The sandbox charges all."""
    return gateway != "stripe" or currency not in amounts.NOT_CHARGED


def step(currency: str) -> int:
    """What amounts must be multiples of, in minor units, for the provider that PAYMENT_GATEWAY names."""
    return amounts.step(currency) if settings.PAYMENT_GATEWAY == "stripe" else 1
