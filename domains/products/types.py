"""What clients see of the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from django.conf import settings

from domains.common.graphql.connections import (
    After,
    Before,
    Connection,
    First,
    Last,
    page_request,
)
from domains.common.graphql.context import Info
from domains.common.graphql.paging import Page, Pager
from domains.common.graphql.types import Money, Node, entity
from domains.products import models
from domains.products.inputs import ProductFilter, ProductSort, list_of
from domains.products.loaders import CategoryByIdLoader, CategoryPage, ProductPageLoader


@entity(
    models.Product,
    description="Something for sale. Public; inactive ones are for staff alone, but in `OrderLine.product`.",
)
class Product(Node):
    sku: str = strawberry.field(description="Stock keeping unit, unique in the shop, at most 64 characters.")
    slug: str = strawberry.field(description="Its name in URLs, unique in the shop.")
    name: str = strawberry.field(description="What it is called, 1 to 200 characters.")
    description: str = strawberry.field(description="What to know before buying it; plain text, may be empty.")
    stock: int = strawberry.field(description="Pieces that can be ordered now, 0 or more.")
    active: bool = strawberry.field(description="Whether it is for sale.")
    version: int = strawberry.field(description="Raised by each edit, not by movements of stock.")
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it was last edited.")

    @strawberry.field(description="The price of one piece, in the shop's currency.")
    def price(self, root: strawberry.Parent[models.Product]) -> Money:
        return Money.of(root.price, settings.STORE_CURRENCY)

    @strawberry.field(
        graphql_type=Annotated["Category", strawberry.lazy("domains.products.types")] | None,
        description="The shelf it stands on, if any.",
    )
    async def category(self, root: strawberry.Parent[models.Product], info: Info) -> models.Category | None:
        if root.category_id is None:
            return None
        return await info.context.loaders.get(CategoryByIdLoader).load(root.category_id)


ProductConnection = Connection[Product]


@entity(models.Category, description="A shelf of the shop. Public.")
class Category(Node):
    name: str = strawberry.field(description="What it is called, unique, 1 to 100 characters.")
    slug: str = strawberry.field(description="Its name in URLs, unique.")
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it was last edited.")

    @strawberry.field(graphql_type=ProductConnection, description="Its products, newest first unless sorted.")
    async def products(
        self,
        root: strawberry.Parent[models.Category],
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[ProductFilter | None, strawberry.argument(description="Which of them.")] = strawberry.UNSET,
        sort: Annotated[ProductSort | None, strawberry.argument(description="In which order.")] = strawberry.UNSET,
    ) -> Page:
        query, ordering = list_of(filter, sort)
        request = page_request(first, after, last, before, scope={**query.scope, "category": str(root.id)})
        page = CategoryPage(root.id, query, Pager.of(models.Product, request, ordering))
        return await info.context.loaders.get(ProductPageLoader).load(page)
