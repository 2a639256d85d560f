"""`manage.py seed bench`: a shop to measure, the same bytes each time. SIZES are the options of the command."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.seeding import catalogue, people
from tests.benchmarks.seeding import orders as sales

SIZES = {"products": 10_000, "orders": 20_000}


def bench(*, products: int, orders: int) -> Iterator[str]:
    """Make customers, products and fulfilled orders; a line for each that says what was made."""
    yield people.bench()
    yield catalogue.bench(products)
    yield sales.bench(products=products, orders=orders)
