"""The rules of orders, one file a use case."""

from __future__ import annotations

from domains.orders.services.cancelling import cancel_order
from domains.orders.services.confirming import send_confirmation
from domains.orders.services.placing import CartLine, Placement, create_order
from domains.orders.services.settling import expire_orders, settle_order

__all__ = [
    "CartLine",
    "Placement",
    "cancel_order",
    "create_order",
    "expire_orders",
    "send_confirmation",
    "settle_order",
]
