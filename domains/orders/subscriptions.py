"""Root subscription fields of orders: each is read once at the start and again after every change."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry

from domains.common.errors import ForbiddenError
from domains.common.graphql.connections import given
from domains.common.graphql.context import Info, NothingYet
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsAuthenticated, guarded_field
from domains.orders import models
from domains.orders.filtering import OrderQuery
from domains.orders.inputs import OrderFilter
from domains.orders.loaders import OrderByIdLoader
from domains.orders.services import events
from domains.orders.types import Order
from domains.orders.watching import OrderWatch


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

    @guarded_field(
        graphql_type=Order,
        description="A whole list on one stream: nothing at the start, then each of your orders that is new or has "
        "changed, as it is then; staff hear of everybody's. At most one event an order in 200 ms. Read the list again "
        "after each connect. UNAUTHENTICATED ends the stream with the access token or the session, FORBIDDEN with the "
        "staff right.",
        permission_classes=[IsAuthenticated],
    )
    def orders_updated(
        self,
        info: Info,
        filter: Annotated[
            OrderFilter | None,
            strawberry.argument(
                description="Which of them. `status` and `paymentStatus` match what was before the change, too: so a "
                "list hears of what leaves it."
            ),
        ] = strawberry.UNSET,
    ) -> models.Order:
        wanted, viewer = given(filter), info.context.viewer
        query = wanted.query() if wanted else OrderQuery()
        customer_id = query.customer_id if viewer.is_staff else viewer.user_id
        key = info.context.each(events.topic_of_all(customer_id), lambda: OrderWatch(query, viewer))
        order: models.Order | None = info.context.loaders.get(OrderByIdLoader).load(key).now()
        if order is None:  # not theirs any more
            raise NothingYet
        return order
