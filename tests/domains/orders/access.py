"""Who gets what of orders."""

from __future__ import annotations

from domains.accounts.models import User
from domains.orders.models import Order
from tests.api import Api, gid
from tests.domains.orders.shop import buy
from tests.factories import ProductFactory
from tests.schema.tables import NO_STAFF, NOBODY, OWNER_AND_STAFF, Shown, Table

ROOTS: Table = {
    "shop": ("", ("Shop",) * 4),
    "order": ("id: $order", ("null", "null", "Order", "Order")),
    "orderByNumber": ("number: $number", ("null", "null", "Order", "Order")),
    "orders": ("", (NOBODY, "nothing", "Order", "Order")),
    "orderQuote": ("input: {lines: [{productId: $product, quantity: 1}]}", ("OrderQuote",) * 4),
    "createOrder": (
        "lines: [{productId: $product, quantity: 1}], paymentMethod: $card, idempotencyKey: $key",
        (NOBODY, *("CreateOrderSuccess",) * 3),
    ),
    "cancelOrder": ("orderId: $order", (NOBODY, "NotFoundError", "CancelOrderSuccess", "InvalidStateError")),
    "fulfillOrder": ("orderId: $order", (NOBODY, NO_STAFF, NO_STAFF, "FulfillOrderSuccess")),
    "refundOrder": (
        "orderId: $order, reason: $text, idempotencyKey: $key",
        (NOBODY, NO_STAFF, NO_STAFF, "InvalidStateError"),
    ),
    "orderUpdated": ("id: $order", (NOBODY, NO_STAFF, "Order", "Order")),
    "ordersUpdated": ("", (NOBODY, "nothing", "nothing", "nothing")),
}
NODES: Shown = {"Order": OWNER_AND_STAFF, "OrderLine": OWNER_AND_STAFF, "OrderEvent": OWNER_AND_STAFF}


def _order(customer: User) -> Order:
    buy(Api(customer), [(ProductFactory.create(), 1)])
    return Order.objects.filter(customer=customer).latest("created_at")


def things(customer: User) -> dict[str, str]:
    order = _order(customer)
    return {"order": gid(order), "number": order.number, "card": "pm_card_visa"}


def nodes(customer: User) -> dict[str, str]:
    order = _order(customer)
    return {"Order": gid(order), "OrderLine": gid(order.lines.get()), "OrderEvent": gid(order.events.latest("id"))}
