"""What an operator chooses about products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from domains.common.data.money import CURRENCIES, to_rate
from domains.common.environment import env
from domains.common.errors import ValidationError

STORE_CURRENCY: str = env.str("STORE_CURRENCY", default="GBP")  # of all prices

# Where the development server draws the images of the demo shop (`dev` says it); empty: the demo shop has none.
DEMO_IMAGES_URL: str = env.str("DEMO_IMAGES_URL", default="")


def _tax_rate() -> Decimal:
    written = env.str("STORE_TAX_RATE", default="0")
    try:
        return to_rate(Decimal(written), path=[])
    except (ArithmeticError, ValidationError) as error:
        what = "a percentage from 0 to 100 with at most two decimals"
        raise ImproperlyConfigured(f"STORE_TAX_RATE must be {what}, not {written}") from error


STORE_TAX_RATE: Decimal = _tax_rate()  # percent that prices hold, where a product or a delivery method has no rate


def problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Why these settings are not fit for production."""
    if settings["STORE_CURRENCY"] not in CURRENCIES:
        yield "STORE_CURRENCY must be an ISO 4217 code in capitals, such as EUR"
