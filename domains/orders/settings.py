"""What an operator chooses about orders."""

from __future__ import annotations

from domains.common.environment import env

ORDER_MAX_LINES: int = env.limit("ORDER_MAX_LINES", default=100)
ORDER_MAX_QUANTITY: int = env.limit("ORDER_MAX_QUANTITY", default=100)  # of one product
ORDER_MAX_UNPAID: int = env.limit("ORDER_MAX_UNPAID", default=3)  # of an account, at once
ORDER_PAYMENT_WINDOW_MINUTES: int = env.limit("ORDER_PAYMENT_WINDOW_MINUTES", default=30)
