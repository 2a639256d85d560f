"""What clients send about delivery."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import strawberry

from domains.common.graphql.connections import given
from domains.common.graphql.ids import key_of
from domains.delivery.addresses import Address
from domains.delivery.services import MethodEdit

UNSET = strawberry.UNSET


@strawberry.input(
    description="Where an order goes. Fields are trimmed, and have at most 100 characters unless they say otherwise."
)
class PostalAddressInput:
    name: str = strawberry.field(description="Who receives it.")
    line1: str = strawberry.field(description="Street and number.")
    city: str = strawberry.field(description="City or town.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2 code in any case, such as GB.")
    company: str | None = strawberry.field(default=UNSET, description="The company, if any.")
    line2: str | None = strawberry.field(default=UNSET, description="What else finds the door.")
    region: str | None = strawberry.field(default=UNSET, description="State, province or county.")
    postal_code: str | None = strawberry.field(
        default=UNSET, description="At most 20 characters. Required where all addresses of the country have one."
    )
    phone: str | None = strawberry.field(default=UNSET, description="A number for the carrier; at most 40 characters.")

    def address(self) -> Address:
        """As it was sent: unchecked."""
        return Address(**{name: given(value) or "" for name, value in vars(self).items()})


@strawberry.input(description="How and where an order is delivered.")
class DeliveryInput:
    method_id: strawberry.ID = strawberry.field(
        description="Which of `deliveryMethods`; it serves the address's country."
    )
    address: PostalAddressInput = strawberry.field(description="Where the order goes.")

    @property
    def method_key(self) -> UUID:
        """The key of the method, NO_ID when it is not the id of one."""
        return key_of(self.method_id, "DeliveryMethod")


@strawberry.input(description="A new delivery method.")
class CreateDeliveryMethodInput:
    name: str = strawberry.field(description="1 to 100 characters.")
    price: Decimal = strawberry.field(description="What it costs, in major units of the shop's currency, 0 or more.")
    description: str | None = strawberry.field(default=UNSET, description="Plain text, at most 1,000 characters.")
    tax_rate: Decimal | None = strawberry.field(
        default=UNSET, description="The tax that the price holds, 0 to 100 percent; without it the shop's."
    )
    country_codes: list[str] | None = strawberry.field(
        default=UNSET, description="The countries it delivers to, ISO 3166-1 alpha-2; none: everywhere."
    )
    active: bool = strawberry.field(default=True, description="Whether it can be chosen at once.")

    def edit(self) -> MethodEdit:
        """What the service sets."""
        return MethodEdit(
            name=self.name,
            price=self.price,
            description=given(self.description),
            tax_rate=given(self.tax_rate),
            country_codes=given(self.country_codes),
            active=self.active,
        )


@strawberry.input(description="Changes to a delivery method; what is absent stays as it is.")
class UpdateDeliveryMethodInput:
    method_id: strawberry.ID = strawberry.field(description="Which method.")
    name: strawberry.Maybe[str] = strawberry.field(description="1 to 100 characters.")
    price: strawberry.Maybe[Decimal] = strawberry.field(description="What it costs, in major units, 0 or more.")
    description: strawberry.Maybe[str] = strawberry.field(description="Plain text, at most 1,000 characters.")
    tax_rate: strawberry.Maybe[Decimal | None] = strawberry.field(
        description="The tax that the price holds, 0 to 100 percent; null: the shop's."
    )
    country_codes: strawberry.Maybe[list[str]] = strawberry.field(
        description="The countries it delivers to, instead of those before; none: everywhere."
    )
    active: strawberry.Maybe[bool] = strawberry.field(description="Whether it can be chosen.")
    expected_version: int | None = strawberry.field(
        default=UNSET, description="The `version` you read; StaleObjectError when it is another by now."
    )

    def edit(self) -> MethodEdit:
        """What the service changes."""
        tax_rate = self.tax_rate.value if self.tax_rate else None
        return MethodEdit(
            name=self.name.value if self.name else None,
            price=self.price.value if self.price else None,
            description=self.description.value if self.description else None,
            tax_rate=tax_rate,
            no_rate=self.tax_rate is not None and tax_rate is None,
            country_codes=self.country_codes.value if self.country_codes else None,
            active=self.active.value if self.active else None,
        )
