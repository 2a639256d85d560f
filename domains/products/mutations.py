"""Mutations of the catalogue; all of them are for staff."""

from __future__ import annotations

import strawberry

from domains.common.errors import IdempotencyConflictError, NotFoundError
from domains.common.graphql.connections import given
from domains.common.graphql.context import Info
from domains.common.graphql.errors import StaleObjectError, ValidationError, mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsStaff
from domains.products import inputs, models, results, services
from domains.products.types import Category, Product


@strawberry.type
class Mutation:
    @mutation(
        description="Add a product.",
        gives=(Product, "The product was added."),
        fails=[ValidationError],
        permission_classes=[IsStaff],
    )
    def create_product(self, input: inputs.CreateProductInput) -> models.Product:
        edit = services.ProductEdit(
            name=input.name,
            price=input.price,
            tax_rate=given(input.tax_rate),
            slug=input.slug or None,
            description=input.description or None,
            category_id=inputs.category_key(given(input.category_id)),
        )
        return services.create_product(sku=input.sku, quantity=input.stock, active=input.active, edit=edit)

    @mutation(
        description="Change a product; its stock is changed by `adjustStock` and `countStock`.",
        gives=(Product, "The product was changed."),
        fails=[ValidationError, NotFoundError, StaleObjectError],
        permission_classes=[IsStaff],
    )
    def update_product(self, input: inputs.UpdateProductInput) -> models.Product:
        return services.update_product(
            product_id=key_of(input.product_id, "Product"),
            edit=input.edit(),
            expected_version=None if input.expected_version is strawberry.UNSET else input.expected_version,
        )

    @mutation(
        description="Correct the stock of a product, once for each idempotency key (kept 7 days).",
        fails=[ValidationError, NotFoundError, results.InsufficientStockError, IdempotencyConflictError],
        permission_classes=[IsStaff],
    )
    def adjust_stock(self, info: Info, input: inputs.AdjustStockInput) -> results.AdjustStockSuccess:
        product, replayed = services.adjust_stock(
            viewer=info.context.viewer,
            product_id=key_of(input.product_id, "Product"),
            delta=input.delta,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return results.AdjustStockSuccess(product=product, replayed=replayed)

    @mutation(
        description="Tell what is on the shelf, once for each idempotency key (kept 7 days): `stock` becomes `counted` "
        "less `reserved`. InsufficientStockError when orders hold (`requested`) more than was counted (`available`); "
        "nothing is written then. A count that finds nothing wrong is in the ledger too, with delta 0.",
        fails=[ValidationError, NotFoundError, results.InsufficientStockError, IdempotencyConflictError],
        permission_classes=[IsStaff],
    )
    def count_stock(self, info: Info, input: inputs.CountStockInput) -> results.CountStockSuccess:
        product, replayed = services.count_stock(
            viewer=info.context.viewer,
            product_id=key_of(input.product_id, "Product"),
            counted=input.counted,
            note=input.note,
            key=input.idempotency_key,
        )
        return results.CountStockSuccess(product=product, replayed=replayed)

    @mutation(
        description="Add a category.",
        gives=(Category, "The category was added."),
        fails=[ValidationError],
        permission_classes=[IsStaff],
    )
    def create_category(self, input: inputs.CreateCategoryInput) -> models.Category:
        return services.create_category(name=input.name, slug=input.slug or None)
