"""Which products a list holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from domains.common.data.folding import words
from domains.common.graphql.listing import Listing
from domains.common.viewer import Viewer
from domains.products.models import Product

MAX_WORDS = 10


@dataclass(frozen=True, slots=True)
class ProductQuery(Listing):
    """The checked filter of a list of products: lookups, and a search; None does not filter. Prices are minor units."""

    search: str | None = None
    category__in: list[UUID] | None = None
    price__gte: int | None = None
    price__lte: int | None = None
    in_stock: bool | None = None
    active: bool | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None

    def rows(self, viewer: Viewer) -> QuerySet[Product]:
        """Those that meet all conditions but the search."""
        lookups = {name: value for name, value in self.given().items() if name != "search"}
        if "category__in" in lookups:  # by its column: the lookup of a relation takes no Bound
            lookups["category__id__in"] = lookups.pop("category__in")
        return Product.objects.visible_to(viewer).filter(**lookups)

    @property
    def searched(self) -> Q | None:
        """What is searched for, in addition.

        Every word must occur, the last one also as the beginning of a word: people search while they type. Words
        without meaning (the, of) are not looked for, unless last. Without a single letter or digit nothing is found.
        """
        if self.search is None:
            return None
        *whole, last = words(self.search)[:MAX_WORDS] or [""]
        begun = f"{last}:*"
        return Q(search=_query(*whole) & (_query(begun) | _query(begun, config="simple"))) if last else Q(pk__in=[])


def _query(*terms: str, config: str = "english") -> SearchQuery:
    """All of these; terms are letters, digits and marks alone, so they need no quoting."""
    return SearchQuery(" & ".join(terms), config=config, search_type="raw")
