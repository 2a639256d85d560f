"""Delivery methods of the demo shop."""

from __future__ import annotations

from decimal import Decimal

from domains.delivery.models import DeliveryMethod
from domains.delivery.services import MethodEdit, create_method

TAX = Decimal(20)
METHODS = [
    MethodEdit(
        name="Standard delivery",
        description="By Royal Mail, two to three working days.",
        price=Decimal(4),
        tax_rate=TAX,
        country_codes=["GB"],
    ),
    MethodEdit(
        name="Next day delivery",
        description="By courier, when ordered before two o'clock on a working day.",
        price=Decimal(8),
        tax_rate=TAX,
        country_codes=["GB"],
    ),
    MethodEdit(name="International delivery", description="By post, one to two weeks.", price=Decimal(15)),
]


def demo() -> str:
    """The demo methods; those that are there already, by name, are left alone."""
    known = set(DeliveryMethod.objects.values_list("name", flat=True))
    missing = [edit for edit in METHODS if edit.name not in known]
    for edit in missing:
        create_method(edit=edit)
    return f"{len(missing)} delivery methods added, {len(known)} were there"
