"""Rows read and milliseconds of the catalogue's lists, page 1 and a page far on: run by hand on a database of its own.

createdb million; export DATABASE_URL=postgres:///million
python manage.py migrate; python manage.py seed bench --products 1000000 --orders 0
python -m tests.benchmarks.bench_catalogue [--deep 1000] [--match TEXT]
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter
from typing import Any

import django

django.setup()


from domains.common.data.seeding import fixed_id, moment  # noqa: E402
from domains.common.graphql.listing import page_of  # noqa: E402
from domains.common.graphql.paging import Ordering, Page, Pager, PageRequest  # noqa: E402
from domains.common.viewer import Viewer  # noqa: E402
from domains.products.filtering import ProductQuery  # noqa: E402
from domains.products.models import Product  # noqa: E402
from domains.products.seeds import CATEGORIES, CATEGORY_KIND  # noqa: E402
from tests.reading import rows_read  # noqa: E402

logger = logging.getLogger(__name__)
RUNS, SIZE = 5, 20
NOBODY, STAFF = Viewer(), Viewer(is_staff=True)
SHELF_IDS = tuple(fixed_id(CATEGORY_KIND, n) for n in range(CATEGORIES))


def filters(products: int) -> dict[str, ProductQuery]:
    """Each filter alone, common and rare, and combinations that hurt."""
    late, middle = moment(products - products // 1000), moment(products // 2)
    return {
        "all": ProductQuery(),
        "one category": ProductQuery(category_ids=SHELF_IDS[:1]),
        f"{CATEGORIES} categories": ProductQuery(category_ids=SHELF_IDS),
        "inStock: false": ProductQuery(in_stock=False),
        "active: false (none)": ProductQuery(active=False),
        "priceMin, half": ProductQuery(price_min=10_000),
        "priceMax, one in 200": ProductQuery(price_max=199),
        "priceMin, priceMax, 50": ProductQuery(price_min=5_000, price_max=5_000),
        "createdAfter, one in 1000": ProductQuery(created_after=late),
        "createdBefore, half": ProductQuery(created_before=middle),
        "search lamp (2 of 3)": ProductQuery(search="lamp"),
        "search la": ProductQuery(search="la"),
        "search amber series7 (1 in 86)": ProductQuery(search="amber series7 ju"),
        "search series30 (1 in 930)": ProductQuery(search="series30"),
        "search series999 (1)": ProductQuery(search="series999"),
        "search zzz (none)": ProductQuery(search="zzz"),
        "search a SKU": ProductQuery(search="BENCH-0000123"),
        "search lamp, price 50": ProductQuery(search="lamp", price_min=5_000, price_max=5_000),
        "search lamp, late, dear": ProductQuery(search="lamp", price_min=19_900, created_after=late),
        "one category, series30, inStock": ProductQuery(category_ids=SHELF_IDS[:1], search="series30", in_stock=True),
    }


@dataclass(slots=True)
class Cost:
    """What pages of one list cost."""

    rows: int
    milliseconds: float
    page: Page


def read(query: ProductQuery, ordering: Ordering, request: PageRequest, viewer: Viewer) -> Page:
    door: Any = Product.objects.visible_to(viewer)
    return page_of(door, query.listing(viewer), Pager.of(Product, request, ordering))


def cost(query: ProductQuery, ordering: Ordering, request: PageRequest, viewer: Viewer) -> Cost:
    with rows_read() as reading:
        page = read(query, ordering, request, viewer)
    times = []
    for _ in range(RUNS):
        started = perf_counter()
        read(query, ordering, request, viewer)
        times.append((perf_counter() - started) * 1000)
    return Cost(reading.rows, median(times), page)


def far_on(query: ProductQuery, ordering: Ordering, request: PageRequest, viewer: Viewer, deep: int) -> PageRequest:
    """The request of a page that many pages on, or as far as the list goes."""
    hundreds = replace(request, size=100)
    for _ in range(deep * SIZE // 100):
        info = read(query, ordering, hundreds, viewer).page_info
        more, cursor = (
            (info.has_previous_page, info.start_cursor) if request.backward else (info.has_next_page, info.end_cursor)
        )
        if not more:
            break
        hundreds = replace(hundreds, before=cursor) if request.backward else replace(hundreds, after=cursor)
    return replace(hundreds, size=SIZE)


def orderings() -> Iterator[tuple[str, Ordering, bool]]:
    for column in ("name", "price", "created_at"):
        for descending in (False, True):
            for backward in (False, True):
                name = f"{column} {'DESC' if descending else 'ASC'}{', from the end' if backward else ''}"
                yield name, Ordering(column, descending), backward


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--deep", type=int, default=1000, help="the page to compare the first with")
    parser.add_argument("--match", default="", help="only filters with this in their name")
    chosen = parser.parse_args()
    products = Product.objects.count()
    logger.info("%d products; rows read and ms of page 1 and page %d", products, chosen.deep)
    logger.info("%-32s %-26s %7s %7s  %7s %7s", "filter", "sort", "rows", "ms", "rows", "ms")
    searches = []
    for name, query in filters(products).items():
        viewer = STAFF if query.active is False else NOBODY
        for sort, ordering, backward in orderings() if chosen.match in name else ():
            request = PageRequest(SIZE, backward, None, None, "bench")
            first = cost(query, ordering, request, viewer)
            far = cost(query, ordering, far_on(query, ordering, request, viewer, chosen.deep), viewer)
            searches += [first.milliseconds] if query.search else []
            logger.info(
                "%-32s %-26s %7d %7.1f  %7d %7.1f",
                name,
                sort,
                first.rows,
                first.milliseconds,
                far.rows,
                far.milliseconds,
            )
    for name, query in filters(products).items():
        page = read(query, Ordering("created_at", True), PageRequest(SIZE, False, None, None, ""), NOBODY)
        started = perf_counter()
        logger.info("totalCount %-32s %10s  %7.1f ms", name, page.total_count(), (perf_counter() - started) * 1000)
    if searches:
        logger.info("search, page 1: p50 %.1f ms, slowest %.1f ms", median(searches), max(searches))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    main()
