"""What clients see of delivery."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import strawberry
from django.conf import settings
from strawberry import auto

from domains.common.data.money import rate_in_force
from domains.common.graphql.types import PUBLIC, Money, Node, batched, entity
from domains.delivery import addresses, models


@entity(
    models.DeliveryMethod,
    description="A way to have an order delivered.",
    visible_to=f"{PUBLIC} Inactive ones are for staff alone.",
)
class DeliveryMethod(Node):
    name: auto
    description: auto
    country_codes: auto
    active: auto
    version: auto
    created_at: auto = strawberry.field(description="When it was added.")
    updated_at: auto = strawberry.field(description="When it was last edited.")

    @batched(
        graphql_type=Money, description="What it costs, in the shop's currency; its tax is part of it.", needs=["price"]
    )
    def price(self, root: strawberry.Parent[list[models.DeliveryMethod]]) -> list[Money]:
        return [Money.of(method.price, settings.STORE_CURRENCY) for method in root]

    @batched(
        graphql_type=Decimal,
        description='The tax that its price holds, in percent: "20.00". The rate of the shop unless it has its own.',
        needs=["tax_rate"],
    )
    def tax_rate(self, root: strawberry.Parent[list[models.DeliveryMethod]]) -> list[Decimal]:
        return [rate_in_force(method.tax_rate) for method in root]


@strawberry.type(description="Where an order goes, as it was when the order was placed. What is not there is empty.")
class PostalAddress:
    visible_to: ClassVar[str] = "Visible to the order's customer and to staff."
    name: str = strawberry.field(description="Who receives it.")
    company: str = strawberry.field(description="The company, if any.")
    line1: str = strawberry.field(description="Street and number.")
    line2: str = strawberry.field(description="What else finds the door.")
    city: str = strawberry.field(description="City or town.")
    region: str = strawberry.field(description="State, province or county.")
    postal_code: str = strawberry.field(description="Postal code, where the country has them.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2 code in capitals, such as GB.")
    phone: str = strawberry.field(description="A number for the carrier.")

    @classmethod
    def of(cls, address: addresses.Address) -> PostalAddress:
        """As it is shown."""
        return cls(**address.to_json())
