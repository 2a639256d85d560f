"""Minor units of ISO 4217 (ours) and of Stripe, which differ for a few currencies.

https://docs.stripe.com/currencies#minor-units: zero-decimal, three-decimal and special cases.
"""

from __future__ import annotations

from domains.common.data.money import exponent
from domains.payments.gateway import Declined

# So many of our minor units are so many of Stripe's where it counts differently: ISK and UGX with two decimals for
# backward compatibility, MGA with none.
_UNITS = {"ISK": (1, 100), "UGX": (1, 100), "MGA": (100, 1)}


def to_stripe(amount: int, currency: str) -> int:
    """What Stripe calls `amount` minor units. Raises Declined for an amount that it cannot express.

    Of three-decimal currencies Stripe takes multiples of ten only.
    """
    ours, theirs = _UNITS.get(currency.upper(), (1, 1))
    if amount % ours or (exponent(currency) == 3 and amount % 10):
        raise Declined("amount_not_representable")
    return amount // ours * theirs


def from_stripe(amount: int, currency: str) -> int:
    """Our minor units of an amount that Stripe names; a fraction of one that we cannot express is dropped."""
    ours, theirs = _UNITS.get(currency.upper(), (1, 1))
    return amount * ours // theirs
