"""Minor units of ISO 4217 (ours) and of Stripe, which differ for a few currencies.

https://docs.stripe.com/currencies#minor-units: zero-decimal, three-decimal and special cases.
"""

from __future__ import annotations

from domains.common.data.money import exponent
from domains.payments.gateway import Declined

# Of ISO 4217; the others are charged. https://docs.stripe.com/currencies
_NOT_CHARGED = "BTN CUP ERN GHS IQD IRR KPW LYD MRU SDG SSP STN SVC SYP TMT VED VES ZWG"
NOT_CHARGED = frozenset(_NOT_CHARGED.split())
# So many of our minor units are so many of Stripe's where it counts differently: ISK and UGX with two decimals for
# backward compatibility, MGA with none.
_UNITS = {"ISK": (1, 100), "UGX": (1, 100), "MGA": (100, 1)}
# The least that it charges, in our minor units. Where another currency is paid out than is charged, the least of that
# one counts, as on the day converted: who is below it hears of it when the order is placed.
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
_LEAST = {
    30: "GBP",
    50: "AUD BRL CAD CHF EUR INR JPY NZD SGD USD",
    100: "BGN",
    200: "AED MYR PLN RON",
    250: "DKK",
    300: "NOK SEK",
    400: "HKD",
    1_000: "MXN THB",
    1_500: "CZK",
    17_500: "HUF",
}
LEAST = {currency: least for least, currencies in _LEAST.items() for currency in currencies.split()}


def step(currency: str) -> int:
    """What an amount must be a multiple of, in our minor units: ten where there are three decimals."""
    return 10 if exponent(currency) == 3 else _UNITS.get(currency, (1, 1))[0]


def to_stripe(amount: int, currency: str) -> int:
    """What Stripe calls `amount` minor units. Raises Declined for one that is no multiple of `step`."""
    ours, theirs = _UNITS.get(currency.upper(), (1, 1))
    if amount % step(currency.upper()):
        raise Declined("amount_not_representable")
    return amount // ours * theirs


def from_stripe(amount: int, currency: str) -> int:
    """Our minor units of an amount that Stripe names; a fraction of one that we cannot express is dropped."""
    ours, theirs = _UNITS.get(currency.upper(), (1, 1))
    return amount * ours // theirs
