"""Addresses: all that is surely wrong is told at once, and nothing that a buyer may be right about is refused."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from domains.common.errors import FieldErrorCode
from domains.common.validation import Problems
from domains.delivery.addresses import Address, checked_address
from domains.delivery.countries import COUNTRIES

HOME = Address(name="Ada Person", line1="1 High Street", city="Leeds", country_code="GB", postal_code="LS1 4AP")


def problems(**changes: Any) -> dict[str, FieldErrorCode]:
    """Which rule each field breaks: one a field."""
    found = Problems()
    checked_address(replace(HOME, **changes), found, "delivery", "address")
    assert all(problem.path[:2] == ["delivery", "address"] for problem in found.found)
    by_field = {problem.path[2]: problem.code for problem in found.found}
    assert len(by_field) == len(found.found)
    return by_field


def test_an_address_is_kept_trimmed_in_nfc_and_with_its_country_in_capitals() -> None:
    found = Problems()
    sent = replace(HOME, name="  Zoe\u0308 \n", country_code=" gb ", phone=" +44 113 496 0000 ")
    kept = checked_address(sent, found)
    assert not found.found
    assert kept == replace(HOME, name=unicodedata.normalize("NFC", "Zoe\u0308"), phone="+44 113 496 0000")
    assert Address.from_json(kept.to_json()) == kept


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert problems(name=" ", line1="", line2="a\nb", city="", region="r" * 101, postal_code="", phone="1" * 41) == {
        "name": FieldErrorCode.REQUIRED,
        "line1": FieldErrorCode.REQUIRED,
        "line2": FieldErrorCode.INVALID,
        "city": FieldErrorCode.REQUIRED,
        "region": FieldErrorCode.TOO_LONG,
        "postalCode": FieldErrorCode.REQUIRED,
        "phone": FieldErrorCode.TOO_LONG,
    }


@pytest.mark.parametrize(
    ("field", "shown", "most"),
    [("name", "name", 100), ("company", "company", 100), ("phone", "phone", 40), ("postal_code", "postalCode", 20)],
)
def test_a_field_may_be_as_long_as_it_may_be_and_no_longer(field: str, shown: str, most: int) -> None:
    assert problems(**{field: "1" * most}) == {}
    assert problems(**{field: "1" * (most + 1)}) == {shown: FieldErrorCode.TOO_LONG}


@pytest.mark.parametrize("unseen", ["a\0b", "a\u200bb", "a\u202eb"])
def test_no_field_has_characters_that_nobody_sees(unseen: str) -> None:
    for field in ("name", "company", "line1", "line2", "city", "region", "phone"):
        assert problems(**{field: unseen}) == {field: FieldErrorCode.INVALID}
    assert problems(postal_code=unseen) == {"postalCode": FieldErrorCode.INVALID}


@pytest.mark.parametrize("country", ["GB", "US", "DE", "JP", "CN", "us"])
def test_a_postal_code_is_required_where_all_addresses_have_one(country: str) -> None:
    assert problems(country_code=country, postal_code=" ") == {"postalCode": FieldErrorCode.REQUIRED}


@pytest.mark.parametrize("country", ["HK", "IE", "AE", "hk"])
def test_a_postal_code_is_welcome_but_not_required_elsewhere(country: str) -> None:
    assert problems(country_code=country, postal_code="") == {}
    assert problems(country_code=country, postal_code="999077") == {}


def test_a_postal_code_that_is_written_in_an_unusual_way_loses_no_buyer() -> None:
    assert [problems(postal_code=code) for code in ("ls14ap", "LS1-4AP", "new code")] == [{}] * 3


@pytest.mark.parametrize("code", ["UK", "XK", "ZZ", "EU", "GBR", "G", "\u00df", "\ufb01", "..", "826", "G" * 101, "\0"])
def test_what_is_no_country_is_refused_and_asks_for_no_postal_code(code: str) -> None:
    assert problems(country_code=code, postal_code="") == {"countryCode": FieldErrorCode.INVALID}


def test_a_country_is_required() -> None:
    assert problems(country_code="  ") == {"countryCode": FieldErrorCode.REQUIRED}


def test_the_countries_are_the_249_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    assert all(problems(country_code=country.lower()) == {} for country in COUNTRIES)
