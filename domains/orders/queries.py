"""Root query fields of orders."""

from __future__ import annotations

from typing import Annotated

import strawberry
from django.db import DEFAULT_DB_ALIAS

from domains.common.data.replica import reading_from
from domains.common.graphql.connections import After, Before, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.ids import key_of
from domains.common.graphql.loaders import Pending
from domains.common.graphql.paging import Page, Pager, paginate
from domains.common.graphql.permissions import IsAuthenticated, guarded_field
from domains.orders import models
from domains.orders.inputs import OrderFilter, OrderQuoteInput, OrderSort, list_of
from domains.orders.loaders import OrderByIdLoader, OrderByNumberLoader
from domains.orders.quotes import OrderQuote
from domains.orders.services import quote_order
from domains.orders.shops import Shop
from domains.orders.types import Order, OrderConnection


@strawberry.type
class Query:
    @strawberry.field(
        description="What the shop is called, and what it holds everybody to. Public.",
        metadata={"public": "settings that every order shows, and the countries of its delivery methods"},
    )
    def shop(self) -> Shop:
        return Shop.here()

    @strawberry.field(
        graphql_type=Order | None,
        description="One order; null when absent or not yours to see.",
        metadata={"public": "null for nobody, and for everybody but its customer and staff"},
    )
    def order(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
    ) -> Pending[models.Order | None]:
        return info.context.loaders.get(OrderByIdLoader).load(key_of(id, "Order"))

    @strawberry.field(
        graphql_type=Order | None,
        description="One order by its number; null when absent or not yours to see, and for what is no number.",
        metadata={"public": "null for nobody, and for everybody but its customer and staff"},
    )
    def order_by_number(
        self,
        info: Info,
        number: Annotated[str, strawberry.argument(description='What the mails call it, "2026-000123".')],
    ) -> Pending[models.Order | None]:
        return info.context.loaders.get(OrderByNumberLoader).load(number)

    @strawberry.field(
        graphql_type=OrderQuote,
        description="What an order would come to, with everything that stands in its way; nothing is written. Public: "
        "prices are the same for everybody.",
        metadata={"public": "prices of the catalogue"},
    )
    def order_quote(
        self, input: Annotated[OrderQuoteInput, strawberry.argument(description="What to order.")]
    ) -> OrderQuote:
        with reading_from(DEFAULT_DB_ALIAS):  # what createOrder will compare with
            return OrderQuote.of(quote_order(lines=[line.line() for line in input.lines], to=input.to()))

    @guarded_field(
        graphql_type=OrderConnection,
        description="Your orders, newest first unless sorted; staff see everybody's.",
        permission_classes=[IsAuthenticated],
    )
    def orders(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[OrderFilter | None, strawberry.argument(description="Which of them.")] = strawberry.UNSET,
        sort: Annotated[OrderSort | None, strawberry.argument(description="In which order.")] = strawberry.UNSET,
    ) -> Page:
        query, ordering = list_of(filter, sort, info.context.viewer)
        pager = Pager.of(models.Order, ordering, first, after, last, before, scope=query.scope)
        return paginate(info.context.loaders, query, pager)
