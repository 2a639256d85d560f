"""How the catalogue is read in batches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_id
from domains.products.models import Category, Product

CategoryByIdLoader = by_id(lambda viewer: Category.objects.visible_to(viewer))
ProductByIdLoader = by_id(lambda viewer: Product.objects.visible_to(viewer))


NODES: dict[str, type[Loader[UUID, Any]]] = {"Category": CategoryByIdLoader, "Product": ProductByIdLoader}
