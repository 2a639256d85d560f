"""What clients see of the catalogue."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import strawberry
from django.conf import settings
from django.db.models import TextField
from django.db.models.functions import Cast, Coalesce
from strawberry import auto

from domains.common.data.money import rate_in_force
from domains.common.data.sql import literal
from domains.common.graphql.connections import After, Before, Connection, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.loaders import each
from domains.common.graphql.paging import Pager
from domains.common.graphql.paging_below import paginate_each
from domains.common.graphql.types import PUBLIC, Money, Node, batched, entity, money_as_sql, related
from domains.products import models
from domains.products.inputs import ProductFilter, ProductSort, list_of
from domains.products.loaders import CategoryByIdLoader


@entity(
    models.Product,
    description="Something for sale.",
    visible_to=f"{PUBLIC} Inactive ones are for staff alone, but in `OrderLine.product`.",
)
class Product(Node):
    sku: auto
    slug: auto
    name: auto
    description: auto
    stock: auto
    active: auto
    version: auto
    created_at: auto = strawberry.field(description="When it was added.")
    updated_at: auto = strawberry.field(description="When it was last edited.")

    @batched(
        graphql_type=Money,
        description="The price of one, in the shop's currency.",
        needs=["price"],
        sql=partial(money_as_sql, "price", literal(settings.STORE_CURRENCY)),
    )
    def price(self, root: strawberry.Parent[list[models.Product]]) -> list[Money]:
        currency = settings.STORE_CURRENCY
        return [Money.of(product.price, currency) for product in root]

    @batched(
        graphql_type=Decimal,
        description='Percent of tax in the price, "20.00": its own rate, else that of the shop.',
        needs=["tax_rate"],
        sql=lambda *_: Cast(Coalesce("tax_rate", settings.STORE_TAX_RATE), TextField()),
    )
    def tax_rate(self, root: strawberry.Parent[list[models.Product]]) -> list[Decimal]:
        return [rate_in_force(product.tax_rate) for product in root]

    category: Annotated[Category, strawberry.lazy("domains.products.types")] | None = related(
        CategoryByIdLoader, by="category_id", description="The category this product belongs to, if any."
    )


ProductConnection = Connection[Product]


@entity(models.Category, description="A group of products, such as Kitchen.", visible_to=PUBLIC)
class Category(Node):
    name: auto
    slug: auto
    created_at: auto = strawberry.field(description="When it was added.")
    updated_at: auto = strawberry.field(description="When it was last edited.")

    @batched(graphql_type=ProductConnection, description="Its products, newest first unless sorted.", needs=["id"])
    def products(
        self,
        root: strawberry.Parent[list[models.Category]],
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[ProductFilter | None, strawberry.argument(description="Which of them.")] = strawberry.UNSET,
        sort: Annotated[ProductSort | None, strawberry.argument(description="In which order.")] = strawberry.UNSET,
    ) -> list[Any]:
        query, ordering = list_of(filter, sort)

        def pager(key: UUID) -> Pager:
            scope = {**query.scope, "category": str(key)}
            return Pager.of(models.Product, ordering, first, after, last, before, scope=scope)

        pagers = each((category.id for category in root), pager)
        right = {key: found for key, found in pagers.items() if isinstance(found, Pager)}
        pages = paginate_each(query.rows(info.context.viewer), "category", right, query.searched) if right else {}
        return [pages.get(category.id) or pagers[category.id] for category in root]
