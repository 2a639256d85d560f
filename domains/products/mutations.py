"""Mutations of the catalogue; all of them are for staff."""

from __future__ import annotations

import strawberry

from domains.common.errors import IdempotencyConflictError, NotFoundError
from domains.common.graphql.connections import given
from domains.common.graphql.context import Info
from domains.common.graphql.errors import StaleObjectError, ValidationError, mutation
from domains.common.graphql.ids import key_of, to_global_id
from domains.common.graphql.permissions import IsStaff
from domains.products import categories, inputs, models, results, services
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
        return services.create_product(quantity=input.stock, edit=input.edit())

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
            expected_version=given(input.expected_version),
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
        return categories.create_category(name=input.name, slug=input.slug or None)

    @mutation(
        description="Change a category.",
        gives=(Category, "The category was changed."),
        fails=[ValidationError, NotFoundError, StaleObjectError],
        permission_classes=[IsStaff],
    )
    def update_category(self, input: inputs.UpdateCategoryInput) -> models.Category:
        return categories.update_category(
            category_id=key_of(input.category_id, "Category"),
            name=input.name.value if input.name else None,
            slug=input.slug.value if input.slug else None,
            expected_version=given(input.expected_version),
        )

    @mutation(
        description="Delete a category. Its products stay, without a category and with the `version` that they have.",
        fails=[NotFoundError],
        permission_classes=[IsStaff],
    )
    def delete_category(self, input: inputs.DeleteCategoryInput) -> results.DeleteCategorySuccess:
        key = key_of(input.category_id, "Category")
        categories.delete_category(category_id=key)
        return results.DeleteCategorySuccess(category_id=to_global_id("Category", key))
