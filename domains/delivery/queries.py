"""Root query fields of delivery."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domains.common.graphql.connections import given
from domains.common.graphql.context import Info
from domains.delivery import models
from domains.delivery.countries import country_of
from domains.delivery.types import DeliveryMethod

MAX_METHODS = 100


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=list[DeliveryMethod],
        description="The ways to have an order delivered, the cheapest first, at most 100. Public; inactive ones come "
        "last and are for staff alone.",
        metadata={"size": MAX_METHODS, "public": "part of the catalogue; inactive methods for staff alone"},
    )
    def delivery_methods(
        self,
        info: Info,
        country_code: Annotated[
            str | None,
            strawberry.argument(
                description="Only those that deliver to this country: ISO 3166-1 alpha-2 in any case. None deliver to "
                "what is no country."
            ),
        ] = strawberry.UNSET,
    ) -> list[models.DeliveryMethod]:
        methods, code = models.DeliveryMethod.objects.visible_to(info.context.viewer), given(country_code)
        if code is not None:
            country = country_of(code)
            methods = methods.serving(country) if country else methods.none()
        return list(methods.listed()[:MAX_METHODS])
