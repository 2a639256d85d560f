"""`import_products FILE.csv[.xz]`: products, prices and stock from a file, all or nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from domains.common.data.money import exponent
from domains.common.errors import RequestError
from domains.products.bulk import import_products
from domains.products.importing import ParsedFile, UnreadableFileError, parse_stock, read_products

MANY = 1000


class Command(BaseCommand):
    help = (
        "Import products from a CSV file with the columns sku,name,description,price,stock,category (UTF-8, with a"
        " header, other columns ignored; may be compressed as .csv.xz). A product whose sku is known is updated, and"
        " its stock set to the file's. With a bad row nothing is imported: all bad rows are listed and the exit status"
        " is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv[.xz]")
        parser.add_argument(
            "--stock",
            type=parse_stock,
            metavar="N",
            help="the stock of every product; the column stock is not read then",
        )

    def handle(self, *args: Any, file: Path, stock: int | None, **options: Any) -> None:
        try:
            parsed = read_products(file, stock=stock, decimals=exponent(settings.STORE_CURRENCY))
        except UnreadableFileError as error:
            raise CommandError(str(error)) from error
        self._refuse_bad(parsed)
        try:
            result = import_products(rows=parsed.rows)
        except RequestError as error:
            raise CommandError(error.message) from error
        if result.created + result.edited >= MANY:
            with connection.cursor() as cursor:  # else the planner would not use the search index for the new rows
                cursor.execute("VACUUM (ANALYZE) products_product")
        done = f"{result.created} products added, {result.edited} changed, {result.unchanged} as they were"
        self.stdout.write(self.style.SUCCESS(f"{done}; the stock of {result.stock_moves} moved."))

    def _refuse_bad(self, parsed: ParsedFile) -> None:
        for row in parsed.bad:
            self.stderr.write(f"line {row.line}: {row.reason}")
        if parsed.bad:
            of = len(parsed.bad) + len(parsed.rows)
            raise CommandError(f"{len(parsed.bad)} of {of} rows are bad; nothing was imported.")
