"""Amounts are exact: minor units inside, the currency's own decimals outside."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.common.data.money import MAX_MINOR, tax_of, to_major, to_minor
from domains.common.errors import ValidationError

CURRENCIES = {"GBP": 2, "JPY": 0, "KWD": 3}


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("29.90", "GBP", 2990), ("29.9", "GBP", 2990), ("500", "JPY", 500), ("5E+2", "JPY", 500), ("1.234", "KWD", 1234)],
)
def test_an_amount_becomes_minor_units_of_its_currency(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency, path=["price"]) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(2990, "GBP", "29.90"), (0, "GBP", "0.00"), (500, "JPY", "500"), (7, "KWD", "0.007")],
)
def test_an_amount_shows_exactly_the_decimals_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert str(to_major(minor, currency)) == text


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "GBP"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("1." + "0" * 36 + "1", "GBP"),
        ("-0.01", "GBP"),
        ("NaN", "GBP"),
        ("Infinity", "GBP"),
        ("10000000000.01", "GBP"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused_with_its_path(amount: str, currency: str) -> None:
    with pytest.raises(ValidationError) as refused:
        to_minor(Decimal(amount), currency, path=["lines", "0"])
    assert refused.value.path == ["lines", "0"]


@given(minor=st.integers(0, MAX_MINOR), currency=st.sampled_from(sorted(CURRENCIES)))
def test_every_amount_survives_the_way_out_and_back(minor: int, currency: str) -> None:
    assert to_minor(to_major(minor, currency), currency, path=["price"]) == minor


@given(amount=st.decimals(0, 10**6, allow_nan=False), currency=st.sampled_from(sorted(CURRENCIES)))
def test_no_fraction_of_a_minor_unit_is_lost(amount: Decimal, currency: str) -> None:
    try:
        minor = to_minor(amount, currency, path=["price"])
    except ValidationError:
        return
    assert to_major(minor, currency) == amount


@given(st.integers(0, 10**12), st.integers(0, 10_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2)))
def test_the_tax_inside_an_amount_is_rounded_half_up(amount: int, rate: Decimal) -> None:
    exact = Decimal(amount) * rate / (100 + rate)
    assert tax_of(amount, rate) == int(exact.to_integral_value(ROUND_HALF_UP)) <= amount


def test_tax_of_half_a_penny_is_a_penny() -> None:
    assert tax_of(3, Decimal("20.00")) == 1
    assert tax_of(2, Decimal("20.00")) == 0
    assert tax_of(1000, Decimal("20.00")) == 167
