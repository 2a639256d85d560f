"""Processor time of searches that are sorted by relevance: first pages and fifth ones. On a database of its own:

createdb million; export DATABASE_URL=postgres:///million
export PGOPTIONS="-c jit=off -c max_parallel_workers_per_gather=0"  # their time is not counted
python manage.py migrate; python manage.py seed bench --products 1000000 --orders 0
python -m tests.benchmarks.bench_searches

Time of client and database together, as in `bench_catalogue`; of each search the worst of two runs.
"""

from __future__ import annotations

import logging
from statistics import quantiles

import django

django.setup()

from domains.common.graphql.loaders import Loaders  # noqa: E402
from domains.common.graphql.paging import Page, Pager, paginate  # noqa: E402
from domains.products.filtering import ProductQuery, terms  # noqa: E402
from domains.products.inputs import BEST_FIRST  # noqa: E402
from domains.products.models import Category, Product  # noqa: E402
from tests.benchmarks.bench_catalogue import NOBODY, SIZE, timed  # noqa: E402

logger = logging.getLogger(__name__)
RUNS, FIFTH = 2, 5
# A word in two of three products; what is rarer; several words; cut short; numbers and SKUs; nothing.
SEARCHES = [
    *("lamp", "Jugs", "amber", "quilts", "la", "qui", "b", "ser", "series1", "vintage", "vint"),
    *("series7", "series9", "series30", "series999", "series99", "1", "10", "123456", "BENCH-0000123", "bench 0777"),
    *("amber lamp", "quilt hook", "mirror frame ket", "amber series7 ju", "vintage jug", "vintage mirror ke"),
    *("series30 lamp", "series9 elm", "hook series2", "frame 777777", "jug 12", "lamp 9", "elm drawer basin"),
    *("candle kettle qui", "mirror kettle hook frame elm", "vintage amber quilt lamp ju", "zzz", "lamp zzz", "!"),
]


def read(query: ProductQuery, pager: Pager) -> Page:
    return paginate(Loaders(NOBODY), query, pager)


def pager_of(query: ProductQuery, number: int) -> Pager:
    """Cuts this page, or the last before it."""
    pager = Pager.of(Product, BEST_FIRST, SIZE, scope="")
    for _ in range(number - 1):
        info = read(query, pager).page_info
        if not info.has_next_page:
            break
        pager = Pager.of(Product, BEST_FIRST, SIZE, info.end_cursor, scope="")
    return pager


def worst_of_runs(text: str, number: int) -> float:
    query = ProductQuery(search=terms(text))
    pager = pager_of(query, number)
    return max(timed(lambda: read(query, pager))[1] for _ in range(RUNS))


def main() -> None:
    Category.objects.first()  # connects
    for number in (1, FIFTH):
        worst = {text: worst_of_runs(text, number) for text in SEARCHES}
        cuts, slowest = quantiles(worst.values(), n=100, method="inclusive"), max(worst, key=worst.__getitem__)
        logger.info("page %d: p50 %.0f ms, p99 %.0f ms (%s)", number, cuts[49], cuts[98], slowest)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    main()
