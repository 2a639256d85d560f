"""What an operator chooses about products."""

from __future__ import annotations

from domains.common.environment import env

STORE_CURRENCY: str = env.str("STORE_CURRENCY", default="GBP")  # of all prices
