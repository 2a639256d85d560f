"""How the catalogue is read in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count

from domains.common.graphql.loaders import Loader, by_key
from domains.common.paging import Ordering, Page, Pager, PageRequest
from domains.products.filtering import ProductQuery
from domains.products.models import Category, Product


class CategoryByIdLoader(Loader[UUID, Category | None]):
    """Categories are public."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[Category | None]:
        return by_key(Category.objects.visible_to(self.viewer).filter(id__in=keys), keys)


class ProductByIdLoader(Loader[UUID, Product | None]):
    """Products that the viewer may see."""

    def batch(self, keys: Sequence[UUID]) -> Sequence[Product | None]:
        return by_key(Product.objects.visible_to(self.viewer).filter(id__in=keys), keys)


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """Which page of which category."""

    category_id: UUID
    query: ProductQuery
    request: PageRequest
    ordering: Ordering


class ProductPageLoader(Loader[CategoryPage, Page]):
    """A page of products for each of many categories: one UNION ALL of bounded reads for each set of arguments."""

    def batch(self, keys: Sequence[CategoryPage]) -> Sequence[Page]:
        groups: defaultdict[tuple[Any, ...], list[CategoryPage]] = defaultdict(list)
        for key in keys:
            # All but the scope, to which cursors are bound: it is another for each category.
            groups[(key.query, replace(key.request, scope=""), key.ordering)].append(key)
        pages: dict[CategoryPage, Page] = {}
        for group in groups.values():
            pages |= self._pages(group)
        return [pages[key] for key in keys]

    def _pages(self, keys: list[CategoryPage]) -> dict[CategoryPage, Page]:
        query, pagers = keys[0].query, {key: Pager(key.request, key.ordering) for key in keys}
        rows = query.rows(self.viewer)
        windows = [pager.window(rows.filter(category_id=key.category_id)) for key, pager in pagers.items()]
        found: defaultdict[UUID | None, list[Product]] = defaultdict(list)
        every = windows[0].union(*windows[1:], all=True) if len(windows) > 1 else windows[0]
        for product in every.order_by(*pagers[keys[0]].reading_order) if len(windows) > 1 else every:
            found[product.category_id].append(product)
        counts = _Counts(self, query, [key.category_id for key in keys])
        return {
            key: pager.page(found[key.category_id], count=partial(counts.of, key.category_id))
            for key, pager in pagers.items()
        }


class _Counts:
    """The sizes of several categories in one statement, when the first of them is asked for."""

    def __init__(self, loader: Loader[Any, Any], query: ProductQuery, ids: list[UUID]) -> None:
        self._viewer = loader.viewer
        self._query = query
        self._ids = ids
        self._sizes: dict[UUID | None, int] | None = None

    def of(self, category_id: UUID) -> int:
        if self._sizes is None:
            rows = self._query.rows(self._viewer).filter(category_id__in=self._ids).order_by()
            self._sizes = dict(rows.values_list("category_id").annotate(Count("id")))
        return self._sizes.get(category_id, 0)


NODES: dict[str, type[Loader[UUID, Any]]] = {"Category": CategoryByIdLoader, "Product": ProductByIdLoader}
