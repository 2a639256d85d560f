"""How mutations of the catalogue can end."""

from __future__ import annotations

from typing import ClassVar

import strawberry

from domains.common.graphql.errors import UserError, answers, base, input_path
from domains.common.graphql.ids import to_global_id
from domains.common.graphql.permissions import OF_THE_CALL
from domains.common.graphql.types import PUBLIC
from domains.products import errors, models
from domains.products.types import Product


@answers(
    errors.ProductUnavailableError,
    description="Some products are not for sale: unknown or taken off sale. Nothing was written.",
)
class ProductUnavailableError(UserError):
    product_id: strawberry.ID = strawberry.field(description="The first of `productIds`.", metadata=OF_THE_CALL)
    product_ids: list[strawberry.ID] = strawberry.field(
        description="Every product of the order that is not for sale.", metadata=OF_THE_CALL
    )

    @classmethod
    def of(cls, error: errors.ProductUnavailableError) -> ProductUnavailableError:
        ids = [to_global_id("Product", id_) for id_ in error.product_ids]
        return cls(**base(error), product_id=ids[0], product_ids=ids)


@strawberry.type(description="A product of which less is in stock than was asked for.")
class StockShortage:
    visible_to: ClassVar[str] = PUBLIC
    product_id: strawberry.ID = strawberry.field(description="Which product.")
    requested: int = strawberry.field(description="How many were asked for, all lines of the product together.")
    available: int = strawberry.field(description="How many were in stock at that moment, 0 or more.")
    path: list[str] = strawberry.field(
        description='Where in the arguments it was named first: ["input", "lines", "0", "quantity"].'
    )

    @classmethod
    def of(cls, shortage: errors.StockShortage) -> StockShortage:
        """As clients see it."""
        return cls(
            product_id=to_global_id("Product", shortage.product_id),
            requested=shortage.requested,
            available=shortage.available,
            path=input_path(shortage.path),
        )


@answers(errors.InsufficientStockError, description="Less is in stock than was asked for. Nothing was written.")
class InsufficientStockError(UserError):
    product_id: strawberry.ID = strawberry.field(description="That of the first shortage.", metadata=OF_THE_CALL)
    requested: int = strawberry.field(description="As the first shortage has it.", metadata=OF_THE_CALL)
    available: int = strawberry.field(
        description="As the first shortage has it.", metadata={"scope": "`Product.stock` is public"}
    )
    shortages: list[StockShortage] = strawberry.field(
        description="Every product that there is too little of.", metadata={"scope": "`Product.stock` is public"}
    )

    @classmethod
    def of(cls, error: errors.InsufficientStockError) -> InsufficientStockError:
        shortages = [StockShortage.of(shortage) for shortage in error.shortages]
        first = shortages[0]
        return cls(
            **base(error),
            product_id=first.product_id,
            requested=first.requested,
            available=first.available,
            shortages=shortages,
        )


@strawberry.type(description="The stock was corrected.")
class AdjustStockSuccess:
    product: models.Product = strawberry.field(graphql_type=Product, description="As it is now.")
    replayed: bool = strawberry.field(description="Whether an earlier call with this key did it.", metadata=OF_THE_CALL)


@strawberry.type(description="The count is in the ledger, and the stock is what orders left of it.")
class CountStockSuccess(AdjustStockSuccess):
    pass


@strawberry.type(description="The category is gone: no list and no product shows it.")
class DeleteCategorySuccess:
    category_id: strawberry.ID = strawberry.field(
        description="The id that it had, to take it out of a cache.", metadata=OF_THE_CALL
    )
