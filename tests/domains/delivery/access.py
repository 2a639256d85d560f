"""Who gets what of delivery."""

from __future__ import annotations

from domains.accounts.models import User
from tests.api import gid
from tests.factories import DeliveryMethodFactory
from tests.schema.tables import EVERYBODY, NO_STAFF, NOBODY, Shown, Table

ROOTS: Table = {
    "deliveryMethods": ("", ("DeliveryMethod",) * 4),
    "createDeliveryMethod": (
        "name: $text, price: $price",
        (NOBODY, NO_STAFF, NO_STAFF, "CreateDeliveryMethodSuccess"),
    ),
    "updateDeliveryMethod": ("methodId: $delivery", (NOBODY, NO_STAFF, NO_STAFF, "UpdateDeliveryMethodSuccess")),
}
NODES: Shown = {"DeliveryMethod": EVERYBODY}


def things(customer: User) -> dict[str, str]:
    return {"delivery": gid(DeliveryMethodFactory.create())}


def nodes(customer: User) -> dict[str, str]:
    return {"DeliveryMethod": gid(DeliveryMethodFactory.create())}
