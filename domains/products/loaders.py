"""How the catalogue is read in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domains.common.graphql.loaders import Loader, by_id
from domains.common.graphql.paging import Page, Pager, paginate_each
from domains.products.filtering import ProductQuery
from domains.products.models import Category, Product

CategoryByIdLoader = by_id(lambda viewer: Category.objects.visible_to(viewer))
ProductByIdLoader = by_id(lambda viewer: Product.objects.visible_to(viewer))


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """Which page of which category."""

    category_id: UUID
    query: ProductQuery
    pager: Pager


class ProductPageLoader(Loader[CategoryPage, Page]):
    """A page of products for each of many categories: two statements for each different filter, sort and size."""

    def batch(self, keys: Sequence[CategoryPage]) -> Sequence[Page]:
        alike: defaultdict[tuple[ProductQuery, Pager], dict[UUID, Pager]] = defaultdict(dict)
        for key in keys:
            # All but the salt, to which cursors are bound: it is another for each category.
            alike[(key.query, replace(key.pager, salt=""))][key.category_id] = key.pager
        pages = {arguments: self._pages(arguments[0], pagers) for arguments, pagers in alike.items()}
        return [pages[(key.query, replace(key.pager, salt=""))][key.category_id] for key in keys]

    def _pages(self, query: ProductQuery, pagers: dict[UUID, Pager]) -> dict[UUID, Page]:
        visible = query.rows(Product.objects.visible_to(self.viewer))
        return paginate_each(visible, "category", pagers, query.searched)


NODES: dict[str, type[Loader[UUID, Any]]] = {"Category": CategoryByIdLoader, "Product": ProductByIdLoader}
