"""What clients see of the catalogue."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated, Any, ClassVar
from uuid import UUID

import orjson
import strawberry
from django.conf import settings
from django.db.models import F, TextField
from django.db.models.functions import Cast, Coalesce
from strawberry import auto

from domains.common.data.money import rate_in_force
from domains.common.data.sql import json_items, literal
from domains.common.graphql.connections import After, Before, Connection, First, Last
from domains.common.graphql.context import Info
from domains.common.graphql.paging import Ordering, Pager
from domains.common.graphql.paging_below import pages_below
from domains.common.graphql.types import (
    PUBLIC,
    STAFF_ONLY,
    Money,
    Node,
    batched,
    entity,
    money_as_sql,
    related,
    show_choices,
)
from domains.products import models
from domains.products.inputs import ProductFilter, ProductSort, list_of
from domains.products.loaders import CategoryByIdLoader

StockMovementReason = models.StockMovement.Reason
show_choices(StockMovementReason, name="StockMovementReason", description="Why stock moved.")
LATEST_FIRST = Ordering("created_at", descending=True)


@entity(
    models.StockMovement,
    description="An entry of the ledger of stock: those of a product add up to its `stock`.",
    visible_to=STAFF_ONLY,
)
class StockMovement(Node):
    delta: auto
    reason: StockMovementReason
    note: auto
    created_at: auto = strawberry.field(description="When it moved.")


# Of the 20 that a product may have. Most have fewer, and one takes 10 us, a third of a unit: a list of orders that
# shows one of each product must be allowed.
PRICED_IMAGES = 5


@strawberry.type(
    description="An image of a product, at its host: in which sizes and formats it is to be had is the host's business."
)
class ProductImage:
    visible_to: ClassVar[str] = PUBLIC
    url: str = strawberry.field(description="Where it is: https.")
    alt: str = strawberry.field(description="What it shows, for those who do not see it; may be empty.")

    @classmethod
    def all_of(cls, product: models.Product) -> list[ProductImage]:
        """Those of a product, whose row may have them as JSON."""
        stored: Any = product.images
        return [cls(**image) for image in (orjson.loads(stored) if isinstance(stored, str) else stored)]


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

    @batched(
        graphql_type=int | None,
        description="How many pieces open orders hold: on the shelf, not in `stock`. Staff alone see it; others: null.",
        needs=["reserved"],
    )
    def reserved(self, root: strawberry.Parent[list[models.Product]], info: Info) -> list[int | None]:
        return [product.reserved if info.context.viewer.is_staff else None for product in root]

    @batched(
        graphql_type=Connection[StockMovement] | None,
        description="How its stock has moved, the latest first. Staff alone see it; others: null.",
        needs=["id"],
        scope="staff's",
    )
    def stock_movements(
        self,
        root: strawberry.Parent[list[models.Product]],
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> list[Any]:
        if not (viewer := info.context.viewer).is_staff:
            return [None] * len(root)

        def pager(key: UUID) -> Pager:
            return Pager.of(models.StockMovement, LATEST_FIRST, first, after, last, before, scope=f"movements of {key}")

        rows = models.StockMovement.objects.visible_to(viewer)
        return pages_below(rows, "product", [product.id for product in root], pager)

    @batched(
        graphql_type=list[ProductImage],
        description="In their order, the main one first; at most 20.",
        needs=["images"],
        size=PRICED_IMAGES,
        sql=lambda field, _: json_items(F("images"), *_selected(field)),
    )
    def images(self, root: strawberry.Parent[list[models.Product]]) -> list[list[ProductImage]]:
        return [ProductImage.all_of(product) for product in root]

    category: Annotated[Category, strawberry.lazy("domains.products.types")] | None = related(
        CategoryByIdLoader, by="category_id", description="The category this product belongs to, if any."
    )


def _selected(field: Any) -> tuple[str, dict[str, str]]:
    """The type of the objects in a field, and what is selected of them: its names by the keys of the answer."""
    ((kind, selection),) = field.below.items()
    return kind, {one.key: one.name for one in selection.fields}


ProductConnection = Connection[Product]


@entity(models.Category, description="A group of products, such as Kitchen.", visible_to=PUBLIC)
class Category(Node):
    name: auto
    slug: auto
    version: auto
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

        rows = query.rows(info.context.viewer)
        return pages_below(rows, "category", [category.id for category in root], pager, query)
