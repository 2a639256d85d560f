"""What an operator chooses about products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domains.common.data.money import CURRENCIES
from domains.common.environment import env

STORE_CURRENCY: str = env.str("STORE_CURRENCY", default="GBP")  # of all prices


def problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Why these settings are not fit for production."""
    if settings["STORE_CURRENCY"] not in CURRENCIES:
        yield "STORE_CURRENCY must be an ISO 4217 code in capitals, such as EUR"
