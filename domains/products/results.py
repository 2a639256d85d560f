"""How mutations of the catalogue can end."""

from __future__ import annotations

import strawberry

from domains.common.graphql.errors import UserError, answers
from domains.common.graphql.permissions import OF_THE_CALL
from domains.products import errors, models
from domains.products.types import Product


@answers(
    errors.ProductUnavailableError,
    description="A product is not for sale: unknown or taken off sale. Nothing was written.",
)
class ProductUnavailableError(UserError):
    product_id: strawberry.ID = strawberry.field(description="Which product.", metadata=OF_THE_CALL)


@answers(errors.InsufficientStockError, description="Less is in stock than was asked for. Nothing was written.")
class InsufficientStockError(UserError):
    product_id: strawberry.ID = strawberry.field(description="Which product.", metadata=OF_THE_CALL)
    requested: int = strawberry.field(
        description="How many were asked for, all lines of the product together.", metadata=OF_THE_CALL
    )
    available: int = strawberry.field(
        description="How many were in stock at that moment, 0 or more.", metadata={"scope": "`Product.stock` is public"}
    )


@strawberry.type(description="The stock was corrected.")
class AdjustStockSuccess:
    product: models.Product = strawberry.field(graphql_type=Product, description="As it is now.")
    replayed: bool = strawberry.field(description="Whether an earlier call with this key did it.", metadata=OF_THE_CALL)
