"""Which products a list holds."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet

from domains.common.viewer import Viewer
from domains.products.models import Product

MAX_WORDS = 10


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """The checked filter of a list of products; None does not filter. Prices are minor units, bounds inclusive."""

    search: str | None = None
    category_ids: tuple[UUID, ...] | None = None
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool | None = None
    active: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    def rows(self, viewer: Viewer) -> QuerySet[Product]:
        """The products that the viewer may see under this filter."""
        rows = Product.objects.visible_to(viewer).filter(**self._conditions())
        return rows.filter(search=search_query(self.search)) if self.search else rows

    def _conditions(self) -> dict[str, Any]:
        conditions = {
            "category_id__in": self.category_ids,
            "price__gte": self.price_min,
            "price__lte": self.price_max,
            "in_stock": self.in_stock,
            "active": self.active,
            "created_at__gt": self.created_after,
            "created_at__lt": self.created_before,
        }
        return {name: value for name, value in conditions.items() if value is not None}

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to."""
        return asdict(self)


def search_query(text: str) -> SearchQuery:
    """Every word must occur, the last one also as the beginning of a word: people search while they type.

    Without a single letter or digit nothing is found.
    """
    words = [word for word in text.split() if re.search(r"\w", word)][:MAX_WORDS]
    terms = [*(_term(word) for word in words[:-1]), *(_term(word, ":*") for word in words[-1:])]
    return SearchQuery(" & ".join(terms), config="english", search_type="raw")


def _term(word: str, end: str = "") -> str:
    """The word as it stands, or its pieces: PostgreSQL reads JUG-1 as "jug" and "-1", but blue-jug as "blue", "jug"."""
    whole = re.sub(r"['\\]", "", word)
    pieces = re.findall(r"\w+", word)[:MAX_WORDS]
    apart = " & ".join([*(f"'{piece}'" for piece in pieces[:-1]), f"'{pieces[-1]}'{end}"])
    return apart if [whole] == pieces else f"('{whole}'{end} | ({apart}))"
