"""Which products a list holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from domains.common.data.folding import words
from domains.common.graphql.listing import Listing
from domains.common.viewer import Viewer
from domains.products.models import Category, Product

MAX_WORDS = 10


@dataclass(frozen=True, slots=True)
class ProductQuery(Listing):
    """The checked filter of a list of products: lookups, and the `terms` of a search. Prices are minor units."""

    search: list[str] | None = None
    category__in: list[UUID] | None = None
    price__gte: int | None = None
    price__lte: int | None = None
    in_stock: bool | None = None
    active: bool | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None

    def rows(self, viewer: Viewer) -> QuerySet[Product]:
        """Those that meet all conditions but the search."""
        rows = Product.objects.visible_to(viewer)
        lookups = {name: value for name, value in self.given().items() if name != "search"}
        if "category__in" in lookups:  # by its column: the lookup of a relation takes no Bound
            lookups["category__id__in"] = lookups.pop("category__in")
            rows = rows.exclude(category_id__any=ArraySubquery(Category.objects.filter(deleted=True).values("id")))
        return rows.filter(**lookups)

    @property
    def searched(self) -> Q | None:
        """What is searched for, in addition.

        Every word must occur, the last one also as the beginning of a word: people search while they type. Words
        without meaning (the, of) are not looked for, unless last. Without a single letter or digit nothing is found.
        """
        if self.search is None:
            return None
        if not self.search:
            return Q(pk__in=[])
        *whole, begun = self.search
        found = _query(begun) | _query(begun, config="simple")
        for word in whole:
            found = _query(word) & found
        return Q(search=found)


def terms(text: str) -> list[str]:
    """What is looked for: the words of a text, MAX_WORDS of them, the last as a beginning."""
    *whole, last = words(text)[:MAX_WORDS] or [""]
    return [*whole, f"{last}:*"] if last else []


def _query(term: str, *, config: str = "english") -> SearchQuery:
    """A term is letters, digits and marks alone, so it needs no quoting."""
    return SearchQuery(term, config=config, search_type="raw")
