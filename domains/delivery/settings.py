"""What an operator chooses about delivery."""

from __future__ import annotations

from domains.common.environment import env

DELIVERY_REQUIRED: bool = env.bool("DELIVERY_REQUIRED", default=False)  # of orders
