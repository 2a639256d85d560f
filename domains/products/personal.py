"""The catalogue holds nothing of people."""

from __future__ import annotations

from domains.common.data.personal import Holding
from domains.products.models import Category, Product, StockMovement

HOLDINGS: tuple[Holding, ...] = ()
IMPERSONAL = {
    Category: ("name", "slug", "name_key", "unique_key"),
    Product: (
        *("sku", "slug", "name", "description", "images"),
        *("unique_key", "name_key", "title_words", "description_words", "search"),
    ),
    StockMovement: ("note",),  # what staff write about goods
}
