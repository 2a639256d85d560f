"""What clients see of the shop itself."""

from __future__ import annotations

from email.utils import parseaddr
from typing import ClassVar, Self

import strawberry
from django.conf import settings

from domains.common.graphql.types import PUBLIC
from domains.common.viewer import ANONYMOUS
from domains.delivery.countries import COUNTRIES
from domains.delivery.models import DeliveryMethod


def _served_countries() -> list[str]:
    return sorted(DeliveryMethod.objects.visible_to(ANONYMOUS).countries())


@strawberry.type(description="The shop, and what it holds everybody to.")
class Shop:
    visible_to: ClassVar[str] = PUBLIC
    name: str = strawberry.field(description="What it is called: the name that its mails come from.")
    currency_code: str = strawberry.field(description="The currency of all its prices, ISO 4217, such as GBP.")
    max_order_lines: int = strawberry.field(description="How many lines an order may have, 1 or more.")
    max_order_quantity: int = strawberry.field(
        description="How many of one product an order may have, all its lines together, 1 or more."
    )
    delivery_required: bool = strawberry.field(
        description="Whether `createOrder` needs `delivery`: a method and an address."
    )
    country_codes: list[str] = strawberry.field(
        resolver=_served_countries,
        description="Where orders can be delivered to now: what its active delivery methods serve, ISO 3166-1 alpha-2 "
        "codes by the alphabet. All there are where a method serves every country; empty where there is no method.",
        metadata={"size": len(COUNTRIES)},
    )

    @classmethod
    def here(cls) -> Self:
        """As it is set up."""
        name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        return cls(
            name=name or address.rpartition("@")[2],
            currency_code=settings.STORE_CURRENCY,
            max_order_lines=settings.ORDER_MAX_LINES,
            max_order_quantity=settings.ORDER_MAX_QUANTITY,
            delivery_required=settings.DELIVERY_REQUIRED,
        )
