"""What clients see of an order that is not placed yet."""

from __future__ import annotations

from typing import ClassVar

import strawberry
from django.conf import settings

from domains.common.graphql.errors import ErrorCode, base
from domains.common.graphql.ids import to_global_id
from domains.common.graphql.types import PUBLIC, Money, money, related
from domains.orders import models, services
from domains.orders.loaders import OrderedProductByIdLoader
from domains.orders.types import OrderCharge
from domains.products.types import Product


@strawberry.type(description="A line of an order that is not placed yet.")
class QuoteLine:
    visible_to: ClassVar[str] = PUBLIC
    product: Product = related(
        OrderedProductByIdLoader,
        by="product_id",
        description="The product; it is for sale.",
        scope="of products that were for sale a moment ago",
    )
    quantity: int = strawberry.field(description="How many, 1 or more; lines of one product are added up.")
    unit_price: Money = money("unit_price", description="The price of one.")
    total: Money = money("total", description="`unitPrice` times `quantity`.")


@strawberry.type(description="Something that stands in the way of an order, as `createOrder` would say it.")
class QuoteProblem:
    visible_to: ClassVar[str] = PUBLIC
    code: ErrorCode = strawberry.field(
        description="VALIDATION_FAILED, PRODUCT_UNAVAILABLE or INSUFFICIENT_STOCK; more may come."
    )
    message: str = strawberry.field(description="What is wrong, for people. In English.")
    path: list[str] = strawberry.field(description='Where in the arguments: ["input", "lines", "0", "quantity"].')
    product_id: strawberry.ID | None = strawberry.field(description="The product it is about, if it is about one.")
    available: int | None = strawberry.field(description="How many are in stock, where that is too few.")

    @classmethod
    def of(cls, obstacle: services.Obstacle) -> QuoteProblem:
        """As it is shown."""
        key = obstacle.product_id
        id_ = None if key is None else to_global_id("Product", key)
        return cls(**base(obstacle.error), product_id=id_, available=obstacle.available)


@strawberry.type(
    description="What an order would come to, with everything that stands in its way. Nothing is reserved: send "
    "`total` as `expectedTotal`, and what has changed meanwhile is told before it is charged."
)
class OrderQuote:
    visible_to: ClassVar[str] = PUBLIC
    lines: list[models.OrderLine] = strawberry.field(
        graphql_type=list[QuoteLine], description="What is for sale, a line for each product; short ones in full."
    )
    subtotal: Money = strawberry.field(description="The exact sum of `lines`.")
    charges: list[models.OrderCharge] = strawberry.field(
        graphql_type=list[OrderCharge],
        description="Its delivery, when a method is chosen that serves the country.",
        metadata={"scope": "of the catalogue"},
    )
    tax: Money = strawberry.field(description="The tax in `total`.")
    total: Money = strawberry.field(description="What `createOrder` would hold: `subtotal` and `charges`.")
    problems: list[QuoteProblem] = strawberry.field(description="All of them; empty when the order can be placed.")

    @classmethod
    def of(cls, quote: services.Quote) -> OrderQuote:
        """As it is shown."""
        sums = quote.sums
        amounts = {
            name: Money.of(getattr(sums, name), settings.STORE_CURRENCY) for name in ("subtotal", "tax", "total")
        }
        problems = [QuoteProblem.of(obstacle) for obstacle in quote.obstacles]
        return cls(lines=sums.lines, charges=sums.charges, problems=problems, **amounts)
