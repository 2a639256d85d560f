"""Root subscription fields of orders: each is read once at the start and again after every change."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry

from domains.common.errors import ForbiddenError
from domains.common.graphql.context import Info
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsAuthenticated, guarded_field
from domains.orders import models
from domains.orders.loaders import OrderByIdLoader
from domains.orders.services import events
from domains.orders.types import Order


@strawberry.type
class Subscription:
    @guarded_field(
        graphql_type=Order,
        description="An order as it is now, then after each change. For its customer and staff; FORBIDDEN ends the "
        "stream for others and where there is no such order, UNAUTHENTICATED when the access token or session ends.",
        permission_classes=[IsAuthenticated],
    )
    def order_updated(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The order's global id.")]
    ) -> models.Order:
        key = key_of(id, "Order")
        info.context.follow(events.topic(key), partial(events.version, key))
        order: models.Order | None = info.context.loaders.get(OrderByIdLoader).load(key).now()
        if order is None:
            raise ForbiddenError("There is no such order, or it is not yours to follow")
        return order
