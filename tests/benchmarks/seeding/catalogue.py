"""A catalogue for benchmarks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from itertools import batched
from random import Random
from typing import Any

from django.db import connection

from domains.products.models import Category, Product, StockMovement
from tests.benchmarks.seeding.rows import copy_in, fixed_id, moment, settle_times

logger = logging.getLogger(__name__)
CATEGORIES = 50
CATEGORY_KIND, PRODUCT_KIND, MOVEMENT_KIND = 2, 3, 4
BATCH = 50_000
_WORDS = ("amber", "basin", "candle", "drawer", "elm", "frame", "hook", "jug", "kettle", "lamp", "mirror", "quilt")


def bench(products: int) -> str:
    """CATEGORIES categories and so many products; the same each time."""
    categories = [
        Category(id=fixed_id(CATEGORY_KIND, n), name=f"Category {n}", slug=f"category-{n}", created_at=moment(n))
        for n in range(CATEGORIES)
    ]
    Category.objects.bulk_create(categories, ignore_conflicts=True)
    settle_times(Category)
    for done, rows in enumerate(batched(_products(products), BATCH)):
        logger.info("seeding: %d of %d products", done * BATCH, products)
        copy_in(Product, rows)
        copy_in(StockMovement, [_first_movement(row) for row in rows])
    with connection.cursor() as cursor:  # the planner needs figures before the search index is used
        cursor.execute("VACUUM ANALYZE products_product, products_stockmovement")
    return f"{CATEGORIES} categories, {products} products"


def _products(count: int) -> Iterator[dict[str, Any]]:
    """The words are common; `series<n>` is the rarer the higher its number: 1 for half, 100 for one in 10,000.

    `vintage` is at one end: the oldest 1 in 20.
    """
    random = Random(20260101)
    for number in range(count):
        first, second, *others = random.choices(_WORDS, k=13)
        yield {
            "id": fixed_id(PRODUCT_KIND, number),
            "created_at": moment(number),
            "updated_at": moment(number),
            "sku": f"BENCH-{number:07d}",
            "slug": f"bench-{number:07d}",
            "name": f"{first.title()} {second} {number}",
            "description": f"{' '.join(others)} series{int(random.paretovariate(1))}{_old(number, count)}",
            "price": random.randint(100, 20_000),
            "stock": random.choice([0, 20, 500, 10_000]),
            "active": True,
            "category_id": fixed_id(CATEGORY_KIND, number % CATEGORIES),
            "version": 1,
        }


def _old(number: int, count: int) -> str:
    return " vintage" if number < count // 20 else ""


def _first_movement(product: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": fixed_id(MOVEMENT_KIND, int(product["sku"].removeprefix("BENCH-"))),
        "created_at": product["created_at"],
        "updated_at": product["created_at"],
        "product_id": product["id"],
        "delta": product["stock"],
        "reason": StockMovement.Reason.INITIAL,
        "note": "",
    }
