"""Processor time of the catalogue's lists: every filter under every sort, ten pages each. On a database of its own:

createdb million; export DATABASE_URL=postgres:///million
python manage.py migrate; python manage.py seed bench --products 1000000 --orders 0
python -m tests.benchmarks.bench_catalogue [--match TEXT]

Time of client and database together, so that a busy machine does not blur it; the database has to run on this machine,
under Linux.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles
from time import process_time
from typing import Any
from uuid import UUID

import django

django.setup()


from django.db import connection  # noqa: E402

from domains.common.errors import RequestError  # noqa: E402
from domains.common.graphql.loaders import Loaders  # noqa: E402
from domains.common.graphql.paging import Ordering, Page, Pager, paginate  # noqa: E402
from domains.common.graphql.paging_below import pages_below  # noqa: E402
from domains.common.viewer import Viewer  # noqa: E402
from domains.products.filtering import ProductQuery, terms  # noqa: E402
from domains.products.models import Category, Product  # noqa: E402
from tests.benchmarks.seeding.catalogue import CATEGORIES as CATEGORY_COUNT  # noqa: E402
from tests.benchmarks.seeding.catalogue import CATEGORY_KIND  # noqa: E402
from tests.benchmarks.seeding.rows import fixed_id, moment  # noqa: E402

logger = logging.getLogger(__name__)
PAGES, SIZE = 10, 20
NOBODY, STAFF = Viewer(), Viewer(is_staff=True)
CATEGORIES = tuple(fixed_id(CATEGORY_KIND, n) for n in range(CATEGORY_COUNT))
ORDERINGS = [Ordering(column, down) for column in ("created_at", "price", "name_key") for down in (False, True)]


def filters(products: int) -> dict[str, ProductQuery]:
    """Each filter alone, common and rare, and combinations that hurt."""
    late, middle = moment(products - products // 1000), moment(products // 2)
    return {
        "none": ProductQuery(),
        "one category": ProductQuery(category__in=list(CATEGORIES[:1])),
        "3 categories": ProductQuery(category__in=list(CATEGORIES[:3])),
        f"{CATEGORY_COUNT} categories": ProductQuery(category__in=list(CATEGORIES)),
        "inStock: true": ProductQuery(in_stock=True),
        "inStock: false": ProductQuery(in_stock=False),
        "active: false (none)": ProductQuery(active=False),
        "priceMin, half": ProductQuery(price__gte=10_000),
        "priceMax, one in 200": ProductQuery(price__lte=199),
        "priceMin, priceMax, 50": ProductQuery(price__gte=5_000, price__lte=5_000),
        "createdAfter, one in 1000": ProductQuery(created_at__gt=late),
        "createdAfter, priceMax, 5": ProductQuery(created_at__gt=late, price__lte=199),
        "createdBefore, half": ProductQuery(created_at__lt=middle),
        "category, inStock, price": ProductQuery(
            category__in=list(CATEGORIES[7:8]), in_stock=True, price__gte=5_000, price__lte=5_200
        ),
        "search lamp (2 of 3)": ProductQuery(search=terms("lamp")),
        "search la": ProductQuery(search=terms("la")),
        "search amber series7 ju (1 in 120)": ProductQuery(search=terms("amber series7 ju")),
        "search series9 (1 in 80)": ProductQuery(search=terms("series9")),
        "search series30 (1 in 800)": ProductQuery(search=terms("series30")),
        "search series999 (1)": ProductQuery(search=terms("series999")),
        "search vintage (the oldest 1 in 20)": ProductQuery(search=terms("vintage")),
        "search vintage jug": ProductQuery(search=terms("vintage jug")),
        "search zzz (none)": ProductQuery(search=terms("zzz")),
        "search a SKU": ProductQuery(search=terms("BENCH-0000123")),
        "search lamp, price 50": ProductQuery(search=terms("lamp"), price__gte=5_000, price__lte=5_000),
        "search lamp, late, dear": ProductQuery(search=terms("lamp"), price__gte=19_900, created_at__gt=late),
        "search series30, category, inStock": ProductQuery(
            search=terms("series30"), category__in=list(CATEGORIES[:1]), in_stock=True
        ),
    }


def processor_ms() -> float:
    """Used so far by this process and by the one that serves its connection."""
    pid = connection.connection.info.backend_pid
    served = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])  # ns
    return served / 1e6 + process_time() * 1000


def timed[R](read: Callable[[], R]) -> tuple[R, float]:
    before = processor_ms()
    return read(), processor_ms() - before


def pages(query: ProductQuery, ordering: Ordering, viewer: Viewer) -> Iterator[tuple[Page, float]]:
    """Page after page with the milliseconds it took; the first again where the list has ended."""
    loaders, after = Loaders(viewer), None
    for _ in range(PAGES):
        pager = Pager.of(Product, ordering, SIZE, after, scope="")
        page, ms = timed(lambda pager=pager: paginate(loaders, query, pager))  # type: ignore[misc]
        yield page, ms
        after = page.page_info.end_cursor if page.page_info.has_next_page else None


def below_each_category(query: ProductQuery, ordering: Ordering) -> dict[UUID, Page | RequestError]:
    pager = Pager.of(Product, ordering, 5, scope="")
    pages = pages_below(query.rows(NOBODY), "category", CATEGORIES, lambda _: pager, query)
    return dict(zip(CATEGORIES, pages, strict=True))


def line(name: str, *times: list[float]) -> str:
    figures = (f"{f'{quantiles(each, n=100)[49]:.1f}':>8} {f'{max(each):.1f}':>8}" for each in times)
    return f"{name:38} {' '.join(figures)}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--match", default="", help="only filters with this in their name")
    match = parser.parse_args().match
    Category.objects.first()  # connects
    logger.info("%-38s %17s %17s %17s", "p50 and worst of", "a page", "totalCount", "in each category")
    for name, query in filters(Product.objects.count()).items():
        if match not in name:
            continue
        viewer, times, counts, each = STAFF if query.active is False else NOBODY, list[float](), list[float](), []
        for ordering in ORDERINGS:
            cut: list[tuple[Page, Any]] = list(pages(query, ordering, viewer))
            times += [ms for _, ms in cut]
            counts.append(timed(cut[0][0].total_count)[1])
            each.append(timed(lambda query=query, ordering=ordering: below_each_category(query, ordering))[1])  # type: ignore[misc]
        logger.info("%s", line(name, times, counts, each))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    main()
