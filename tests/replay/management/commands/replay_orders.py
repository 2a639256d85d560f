"""`replay_orders FILE.csv[.xz] --url URL`: a retailer's real invoices through the real API.

Products, customers and access tokens are prepared in the database that every command works on (the one of the running
`dev`, or DATABASE_URL): each price of each stock code becomes a product, stocked for all invoices. Customers get no
usable password, and their sessions are opened by the accounts service, because hashing hundreds of passwords is slow
by design. Everything after that is HTTP: one createOrder an invoice, with a key made of file and invoice number, so
that a replay that was broken off and started again places nothing twice.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from domains.common.data.csvfile import UnreadableFileError
from domains.common.errors import RequestError
from domains.common.graphql.ids import to_global_id
from tests.replay.client import Placed, Refused, ShopClient, Unanswered
from tests.replay.preparation import Customers, stock_of, stock_up
from tests.replay.progress import ProgressBar
from tests.replay.reading import control_sums, file_hash, read_lines
from tests.replay.report import Run, summary
from tests.replay.rules import InvoiceOrder, Limits, Plan, ProductKey, make_plan, order_key, skus

type Outcome = Placed | Refused


class Command(BaseCommand):
    help = (
        "Order every invoice of a CSV file with the columns InvoiceNo,StockCode,Description,Quantity,InvoiceDate,"
        "UnitPrice,CustomerID,Country, or those of Online Retail II (may be compressed as .csv.xz), through the GraphQL"
        " API, and compare sums and stock with the file. What cannot be ordered is counted by reason. The exit status"
        " is 1 when anything differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv[.xz]")
        parser.add_argument("--url", required=True, type=ShopClient, help="e.g. http://127.0.0.1:8000/graphql")
        parser.add_argument("--limit", type=positive, metavar="N", help="order the first N invoices only")
        parser.add_argument("--workers", type=positive, default=8, metavar="N", help="orders at the same time (8)")

    def handle(self, *args: Any, file: Path, url: ShopClient, limit: int | None, workers: int, **options: Any) -> None:
        try:
            plan = read_plan(file, limit)
            with closing(url) as client:
                client.check()
                run = self._replay(file, plan, client, workers)
        except (UnreadableFileError, Unanswered) as error:
            raise CommandError(str(error)) from error
        except RequestError as error:
            raise CommandError(error.message) from error
        for line in summary(run):
            self.stdout.write(line)
        if not run.agrees:
            raise CommandError("The shop and the file differ.")

    def _replay(self, file: Path, plan: Plan, client: ShopClient, workers: int) -> Run:
        sku_of = skus(plan.orders)
        products = stock_up(plan.orders, sku_of)
        ids = {product: str(to_global_id("Product", products[sku].id)) for product, sku in sku_of.items()}
        customers = Customers({order.customer for order in plan.orders})
        jobs = make_jobs(plan.orders, client, customers, ids, file_hash(file))
        before, started, clock = stock_of(products), timezone.now(), time.monotonic()
        bar = ProgressBar(self.stderr, len(plan.orders), unit="orders")
        outcomes = run_all(jobs, workers, bar)
        seconds = time.monotonic() - clock
        return Run(
            plan=plan,
            skus=sku_of,
            customers=len(customers),
            outcomes=outcomes,
            control=control_sums(file, {o.number: {line.number for line in o.lines} for o in plan.orders}),
            before=before,
            after=stock_of(products),
            started=started,
            seconds=seconds,
            workers=workers,
        )


def positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def read_plan(file: Path, limit: int | None) -> Plan:
    limits = Limits(lines=settings.ORDER_MAX_LINES, quantity=settings.ORDER_MAX_QUANTITY)
    return make_plan(read_lines(file), limits=limits, at_most=limit)


def make_jobs(
    orders: list[InvoiceOrder],
    client: ShopClient,
    customers: Customers,
    ids: Mapping[ProductKey, str],
    file_sha256: str,
) -> Iterator[tuple[str, partial[Outcome]]]:
    """Invoice number and the call that orders it, made one by one so that each token is fresh when it is used."""
    for order in orders:
        items = {ids[product]: quantity for product, quantity in order.items.items()}
        key, token = order_key(file_sha256, order.number), customers.access_token(order.customer)
        yield order.number, partial(client.create_order, items=items, key=key, token=token)


def run_all(jobs: Iterator[tuple[str, partial[Outcome]]], workers: int, bar: ProgressBar) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    waiting: dict[Future[Outcome], str] = {}

    def collect(at_most: int) -> None:
        while len(waiting) > at_most:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                outcomes[waiting.pop(future)] = future.result()
                bar.advance()

    with ThreadPoolExecutor(workers) as pool:
        for number, job in jobs:
            waiting[pool.submit(job)] = number
            collect(at_most=2 * workers)
        collect(at_most=0)
    return outcomes
