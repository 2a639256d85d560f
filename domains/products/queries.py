"""Root query fields of the catalogue."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domains.common.data.folding import identity, kept
from domains.common.graphql.connections import After, Before, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.ids import key_of
from domains.common.graphql.loaders import Pending
from domains.common.graphql.paging import Page, Pager, paginate
from domains.products import models
from domains.products.inputs import ProductBy, ProductFilter, ProductSort, list_of
from domains.products.loaders import (
    CategoryBySlugLoader,
    ProductByIdLoader,
    ProductBySkuLoader,
    ProductBySlugLoader,
)
from domains.products.types import Category, Product, ProductConnection

MAX_CATEGORIES = 500


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Product | None,
        description="One product; null when absent or not for you to see. Public.",
        metadata={"public": "the catalogue; hidden products for staff alone"},
    )
    def product(
        self, info: Info, by: Annotated[ProductBy, strawberry.argument(description="By id, slug or SKU.")]
    ) -> Pending[models.Product | None]:
        loaders = info.context.loaders
        if by.id:
            return loaders.get(ProductByIdLoader).load(key_of(by.id, "Product"))
        if by.slug:
            return loaders.get(ProductBySlugLoader).load(identity(by.slug))
        return loaders.get(ProductBySkuLoader).load(kept(by.sku or ""))

    @strawberry.field(
        graphql_type=ProductConnection,
        description="The catalogue, newest first unless sorted. Public; inactive products for staff alone.",
        metadata={"public": "the catalogue; hidden products for staff alone"},
    )
    def products(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[ProductFilter | None, strawberry.argument(description="Which of them.")] = strawberry.UNSET,
        sort: Annotated[ProductSort | None, strawberry.argument(description="In which order.")] = strawberry.UNSET,
    ) -> Page:
        query, ordering = list_of(filter, sort)
        pager = Pager.of(models.Product, ordering, first, after, last, before, scope=query.scope)
        return paginate(info.context.loaders, query, pager)

    @strawberry.field(
        graphql_type=Category | None,
        description="One category; null when absent. Public.",
        metadata={"public": "the catalogue"},
    )
    def category(
        self, info: Info, slug: Annotated[str, strawberry.argument(description="Its name in URLs.")]
    ) -> Pending[models.Category | None]:
        return info.context.loaders.get(CategoryBySlugLoader).load(identity(slug))

    # A list of products under each of them: a document that asks for it costs what it may read in a large shop.
    @strawberry.field(
        graphql_type=list[Category],
        description="All categories by name, at most 500. Public.",
        metadata={"size": MAX_CATEGORIES, "public": "the catalogue"},
    )
    def categories(self, info: Info) -> list[models.Category]:
        return list(models.Category.objects.visible_to(info.context.viewer).order_by("name_key", "id")[:MAX_CATEGORIES])
