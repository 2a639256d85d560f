"""How the catalogue is read in batches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from domains.common.graphql.loaders import Loader, by_id
from domains.common.viewer import Viewer
from domains.products.models import Category, Product, StockMovement


def _categories(viewer: Viewer) -> QuerySet[Category]:
    return Category.objects.visible_to(viewer)


def _products(viewer: Viewer) -> QuerySet[Product]:
    return Product.objects.visible_to(viewer)


def _movements(viewer: Viewer) -> QuerySet[StockMovement]:
    return StockMovement.objects.visible_to(viewer)


CategoryByIdLoader = by_id(_categories)
CategoryBySlugLoader = by_id(_categories, "slug")
ProductByIdLoader = by_id(_products)
ProductBySlugLoader = by_id(_products, "slug")
ProductBySkuLoader = by_id(_products, "sku")

NODES: dict[str, type[Loader[UUID, Any]]] = {
    "Category": CategoryByIdLoader,
    "Product": ProductByIdLoader,
    "StockMovement": by_id(_movements),
}
