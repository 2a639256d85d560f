"""Mutations of the catalogue; all of them are for staff."""

from __future__ import annotations

import strawberry

from domains.common.graphql.connections import given
from domains.common.graphql.context import Info
from domains.common.graphql.errors import mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsStaff
from domains.products import services
from domains.products.inputs import (
    AdjustStockInput,
    CreateCategoryInput,
    CreateProductInput,
    UpdateProductInput,
    category_key,
)
from domains.products.results import (
    AdjustStockResult,
    AdjustStockSuccess,
    CreateCategoryResult,
    CreateCategorySuccess,
    CreateProductResult,
    CreateProductSuccess,
    UpdateProductResult,
    UpdateProductSuccess,
)


@strawberry.type
class Mutation:
    @mutation(description="Add a product.", permission_classes=[IsStaff])
    def create_product(self, input: CreateProductInput) -> CreateProductResult:
        product = services.create_product(
            sku=input.sku,
            name=input.name,
            price=input.price,
            slug=input.slug or None,
            description=input.description or None,
            quantity=input.stock,
            active=input.active,
            category_id=category_key(given(input.category_id)),
        )
        return CreateProductSuccess(product=product)

    @mutation(description="Change a product; its stock is changed by `adjustStock`.", permission_classes=[IsStaff])
    def update_product(self, input: UpdateProductInput) -> UpdateProductResult:
        product = services.update_product(
            product_id=key_of(input.product_id, "Product"),
            edit=input.edit(),
            expected_version=None if input.expected_version is strawberry.UNSET else input.expected_version,
        )
        return UpdateProductSuccess(product=product)

    @mutation(
        description="Correct the stock of a product, once for each idempotency key (kept 7 days).",
        permission_classes=[IsStaff],
    )
    def adjust_stock(self, info: Info, input: AdjustStockInput) -> AdjustStockResult:
        product, replayed = services.adjust_stock(
            viewer=info.context.viewer,
            product_id=key_of(input.product_id, "Product"),
            delta=input.delta,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return AdjustStockSuccess(product=product, replayed=replayed)

    @mutation(description="Add a category.", permission_classes=[IsStaff])
    def create_category(self, input: CreateCategoryInput) -> CreateCategoryResult:
        return CreateCategorySuccess(category=services.create_category(name=input.name, slug=input.slug or None))
