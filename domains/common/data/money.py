"""Amounts: BIGINT minor units inside, decimals of the currency outside (ISO 4217)."""

from __future__ import annotations

from decimal import Context, Decimal

from django.conf import settings
from django.utils.module_loading import import_string

from domains.common.errors import FieldErrorCode, ValidationError

# The currencies of ISO 4217 that people pay with, by their number of decimals.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
    CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
    KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
    PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """
_THREE = "BHD IQD JOD KWD LYD OMR TND"
CURRENCIES = frozenset(f"{_NONE} {_TWO} {_THREE}".split())
_EXPONENTS = {**dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}
MAX_MINOR = 10**12  # an order of 100 lines, each of 100 such, stays far inside BIGINT
MAX_TOTAL = 10**18  # of the amounts that orders are compared with: more than any order comes to, and inside BIGINT
_EXACT = Context(prec=100)  # the usual 28 digits would round a tiny fraction away before it is seen


def exponent(currency: str) -> int:
    """The currency's number of decimals."""
    return _EXPONENTS.get(currency, 2)


def step(currency: str) -> int:
    """What every amount must be a multiple of, in minor units, because whoever charges it counts no finer."""
    path: str | None = getattr(settings, "MONEY_STEP", None)
    return int(import_string(path)(currency)) if path else 1


def to_major(minor: int, currency: str) -> Decimal:
    """A decimal with the currency's own number of decimals: 29.90, 500 (JPY)."""
    return Decimal(minor).scaleb(-exponent(currency))


def readable(minor: int, currency: str) -> str:
    """For a text in English: `29.90 GBP`."""
    return f"{to_major(minor, currency)} {currency}"


def to_minor(amount: Decimal, currency: str, *, path: list[str], most: int = MAX_MINOR) -> int:
    """Minor units of a decimal from 0 to `most` minor units.

    Raises ValidationError for a negative, too large or too finely divided amount, NaN, infinities and what is no
    multiple of `step`.
    """
    decimals = exponent(currency)
    if not amount.is_finite() or amount < 0 or amount > to_major(most, currency):
        raise ValidationError.of(*path, message=f"Must be 0 to {readable(most, currency)}", code=_outside(amount))
    minor = amount.scaleb(decimals, _EXACT)
    if minor != minor.to_integral_value(context=_EXACT):
        message = f"{currency} has {decimals} decimals; send no more"
        raise ValidationError.of(*path, message=message, code=FieldErrorCode.INVALID)
    if minor % (finest := step(currency)):
        least = to_major(finest, currency)
        message = f"Must be a multiple of {least} {currency}: no finer can be charged"
        raise ValidationError.of(*path, message=message, code=FieldErrorCode.INVALID)
    return int(minor)


def _outside(amount: Decimal) -> FieldErrorCode:
    if amount.is_nan():
        return FieldErrorCode.INVALID
    return FieldErrorCode.TOO_SMALL if amount < 0 else FieldErrorCode.TOO_LARGE


def share_of(amount: int, part: int, whole: int) -> int:
    """`amount` * `part` / `whole`, rounded half up; all in minor units, 0 or more, `whole` above 0."""
    return (2 * amount * part + whole) // (2 * whole)


def tax_of(amount: int, rate: Decimal) -> int:
    """The tax inside an amount that holds it, in minor units, rounded half up; `rate` is in percent, 0 to 100."""
    hundredths = int(rate.scaleb(2))
    return (2 * amount * hundredths + 10_000 + hundredths) // (2 * (10_000 + hundredths))


def to_rate(percent: Decimal, *, path: list[str]) -> Decimal:
    """A tax rate with two decimals, from 0 to 100 percent. Raises ValidationError for any other number."""
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise ValidationError.of(*path, message="Must be a percentage from 0 to 100", code=_outside(percent))
    rate = abs(percent.quantize(Decimal("0.01")))
    if rate != percent:
        message = "A percentage has two decimals; send no more"
        raise ValidationError.of(*path, message=message, code=FieldErrorCode.INVALID)
    return rate


def rate_in_force(own: Decimal | None) -> Decimal:
    """The rate that a product or a delivery method is taxed with: its own, without one STORE_TAX_RATE."""
    return Decimal(settings.STORE_TAX_RATE) if own is None else own
