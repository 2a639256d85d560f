"""Amounts: BIGINT minor units inside, decimals of the currency outside (ISO 4217)."""

from __future__ import annotations

from decimal import Context, Decimal

from domains.common.errors import FieldProblem, ValidationError

# ISO 4217 exponents that differ from two.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = {**dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}
MAX_MINOR = 10**12  # an order of 100 lines, each of 100 such, stays far inside BIGINT
_EXACT = Context(prec=100)  # the usual 28 digits would round a tiny fraction away before it is seen


def exponent(currency: str) -> int:
    """The currency's number of decimals."""
    return _EXPONENTS.get(currency, 2)


def to_major(minor: int, currency: str) -> Decimal:
    """A decimal with the currency's own number of decimals: 29.90, 500 (JPY)."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_minor(amount: Decimal, currency: str, *, path: list[str]) -> int:
    """Minor units of a decimal from 0 to MAX_MINOR minor units.

    Raises ValidationError for a negative, too large or too finely divided amount, NaN and infinities.
    """
    decimals = exponent(currency)
    if not amount.is_finite() or amount < 0 or amount > Decimal(MAX_MINOR).scaleb(-decimals):
        raise ValidationError([FieldProblem(path, "Must be a number from 0 to ten thousand million")])
    minor = amount.scaleb(decimals, _EXACT)
    if minor != minor.to_integral_value(context=_EXACT):
        raise ValidationError([FieldProblem(path, f"{currency} has {decimals} decimals; send no more")])
    return int(minor)
