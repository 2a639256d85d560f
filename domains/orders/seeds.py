"""Orders of the demo customer, made as customers and staff make them.

None is PENDING: it would take one of the account's few unpaid places, and expire within the hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from django.conf import settings

from domains.accounts.models import User
from domains.common.viewer import Viewer
from domains.delivery.models import DeliveryMethod
from domains.delivery.services import Address
from domains.orders import services
from domains.orders.models import Order
from domains.products.models import Product

HOME = Address(
    name="Ada Customer",
    line1="12 Canal Street",
    line2="Flat 3",
    city="Leeds",
    postal_code="LS1 4AP",
    country_code="GB",
    phone="+44 113 496 0000",
)
TRACKING = {
    "carrier": "Royal Mail",
    "tracking_number": "AB123456785GB",
    "tracking_url": "https://www.royalmail.com/track-your-item#/tracking-results/AB123456785GB",
}


def demo() -> str:
    """An order for each turn that one can take; nothing where the customer has ordered before."""
    if settings.PAYMENT_GATEWAY != "sandbox":
        return "0 orders added: they are paid at the sandbox provider"
    customer = _viewer("customer@example.com")
    if known := Order.objects.visible_to(customer).count():
        return f"0 orders added, the demo customer had {known}"
    _make(customer, _viewer("staff@example.com"))
    return f"{Order.objects.visible_to(customer).count()} orders added"


def _make(customer: Viewer, staff: Viewer) -> None:
    """The last one is the first in lists; it can be sent or cancelled."""
    spoilt = _place(customer, {"KIT-0007": 3}, "Standard delivery")
    services.fulfill_order(viewer=staff, order_id=spoilt.id, **TRACKING)
    services.refund_order(viewer=staff, order_id=spoilt.id, amount=None, reason="Lost by the carrier", key=uuid4())

    too_many = _place(customer, {"TAB-0001": 1, "TAB-0002": 4}, "Standard delivery")
    services.fulfill_order(viewer=staff, order_id=too_many.id, **TRACKING)
    mugs = services.Return(too_many.lines.get(sku="TAB-0002").id, quantity=2, restock=True)
    services.refund_order(
        viewer=staff, order_id=too_many.id, amount=None, reason="Two mugs too many", key=uuid4(), returns=[mugs]
    )

    sent = _place(customer, {"TAB-0007": 6}, "Next day delivery")
    services.fulfill_order(viewer=staff, order_id=sent.id, **TRACKING)

    regretted = _place(customer, {"TAB-0010": 1})
    services.cancel_order(viewer=customer, order_id=regretted.id, reason="Ordered by mistake")

    _place(customer, {"KIT-0004": 2, "KIT-0008": 1}, "Next day delivery", note="Please leave it with the neighbour.")


def _place(customer: Viewer, cart: Mapping[str, int], method: str = "", note: str = "") -> Order:
    """An order of these quantities by SKU; without a method it is collected."""
    products = Product.objects.in_bulk(list(cart), field_name="sku")
    return services.create_order(
        viewer=customer,
        lines=[services.CartLine(products[sku].id, quantity) for sku, quantity in cart.items()],
        payment_method="pm_card_visa",
        key=uuid4(),
        delivery=services.Delivery(DeliveryMethod.objects.get(name=method).id, HOME) if method else None,
        note=note,
    ).order


def _viewer(email: str) -> Viewer:
    user = User.objects.get(email=email)
    return Viewer(user_id=user.id, is_staff=user.is_staff)
