"""A person who has left traces in every corner."""

from __future__ import annotations

from uuid import uuid4

from domains.accounts.models import User
from domains.common.background.models import OutboxMessage
from domains.orders.models import Order
from tests.api import Api, gid
from tests.domains.orders.dashboard import drain
from tests.domains.orders.shop import ADDRESS, ORDER, buy, wish
from tests.factories import PASSWORD, DeliveryMethodFactory, ProductFactory, StaffFactory, UserFactory

EMAIL, NEXT, NAME, IP = "canary-4b1d@example.com", "canary-8e6f@example.com", "Canary Nettlefold", "203.0.113.77"
TYPED = {"name": NAME, "line1": "7 Nettle Road", "city": "Nettlewich", "phone": "+44 7700 900077"}
TRACES = ("canary", "nettle", "900077", IP, "quetzal")
NOTE = "quetzal: ring twice"


def somebody() -> User:
    return UserFactory.create(email=EMAIL, name=NAME, proven=True)


def at_home() -> Api:
    """That person, signed in from home."""
    api = Api(address=IP)
    api.token = api.call("login", "tokens { accessToken }", email=EMAIL, password=PASSWORD)["tokens"]["accessToken"]
    return api


def ordered(api: Api) -> Order:
    """With all that a customer may type."""
    cart = wish([(ProductFactory.create(price=1_000), 2)], DeliveryMethodFactory.create(), note=NOTE)
    cart["delivery"]["address"] = {**ADDRESS, **TYPED}
    assert api.call("createOrder", ORDER, **cart)["__typename"] == "CreateOrderSuccess"
    return Order.objects.latest("created_at")


def live(own: Api) -> None:
    """What leaves traces: a cancelled order, one that was sent and partly refunded, failures, mails under way."""
    staff = Api(StaffFactory.create())
    own.call("cancelOrder", "order { id }", orderId=gid(ordered(own)), reason=f"{NAME} moved")
    order = ordered(own)
    tracking = {"trackingNumber": "quetzal1", "trackingUrl": "https://example.com/quetzal1"}
    staff.call("fulfillOrder", "order { id }", orderId=gid(order), carrier="DHL", **tracking)
    words = {"reason": f"For {NAME}", "staffNote": "quetzal: rang"}
    staff.call("refundOrder", "order { id }", orderId=gid(order), amount="1.00", idempotencyKey=uuid4(), **words)
    buy(own, [(ProductFactory.create(), 1)], "pm_card_visa_chargeDeclined")
    drain()
    for email in (EMAIL, f"mistyped-{EMAIL}"):
        Api(address=IP).call("login", "user { id }", email=email, password="quetzal wrong")
    Api(address=IP).call("requestPasswordReset", "email", email=EMAIL)
    own.call("updateProfile", "user { id }", email=NEXT, currentPassword=PASSWORD)
    order.events.get(type="CONFIRMATION_EMAIL_SENT").delete()  # it is still under way
    OutboxMessage.objects.create(topic="orders.confirmation", key=order.id, due_at=order.created_at)
