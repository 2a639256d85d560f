"""The rules of orders, one file a use case."""

from __future__ import annotations

from domains.orders.services.cancelling import cancel_order, expire_holds
from domains.orders.services.carts import CartLine, Delivery
from domains.orders.services.fulfilling import fulfill_order
from domains.orders.services.placing import Placement, create_order
from domains.orders.services.quoting import MethodChoice, Obstacle, Quote, quote_order
from domains.orders.services.refunding import Refunded, refund_order
from domains.orders.services.returning import Return
from domains.orders.services.settling import expire_orders, settle_order
