"""`import_products FILE.csv[.xz]`: products, prices and stock from a file that is checked whole at first."""

from __future__ import annotations

import csv
import signal
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from domains.common.data.csvfile import UnreadableFileError
from domains.common.data.money import exponent
from domains.common.errors import RequestError
from domains.products.bulk import CountedTooLowError, ImportResult, counted_too_low, imported
from domains.products.foreign import PRESETS
from domains.products.importing import OWN, BadRow, ParsedFile, ProductRow, parse_stock, read_products

MANY = 1000


class Command(BaseCommand):
    help = (
        "Import products from a CSV file with the columns sku,name,description,price,stock,category (with a header,"
        " others ignored; may be compressed as .csv.xz). Separator and encoding are found out. A product whose sku is"
        " known is updated. Its stock is a count of the shelf, with what open orders hold: less than that is a bad row,"
        " blank leaves the stock alone. A column tax_rate (percent) may be there, too; a blank rate leaves the"
        " product's alone. So may a column images (https URLs parted by spaces or bars). With a bad row nothing is"
        " imported, unless --rejects takes the bad ones: all are listed and the exit status is 1. An import that was"
        " broken off is completed by running it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv[.xz]")
        parser.add_argument(
            "--stock", type=parse_stock, metavar="N", help="the count of every product, whatever the file says"
        )
        parser.add_argument(
            "--map",
            type=mapping,
            action="append",
            default=[],
            metavar="COLUMN=sku",
            help="what the file calls a column of ours; may be repeated",
        )
        parser.add_argument("--preset", choices=PRESETS, help="the file is an export of this shop")
        parser.add_argument("--encoding", default="", help="of the file, where what is found out is wrong; e.g. cp1250")
        parser.add_argument("--dry-run", action="store_true", help="check everything and say what would be done")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE.csv", help="write bad rows there and import the others"
        )

    def handle(
        self, *args: Any, file: Path, stock: int | None, dry_run: bool, rejects: Path | None, **options: Any
    ) -> None:
        layout = PRESETS.get(options["preset"], OWN)
        layout = replace(layout, columns={**layout.columns, **dict(options["map"])})
        decimals = exponent(settings.STORE_CURRENCY)
        try:
            parsed = read_products(file, layout=layout, stock=stock, decimals=decimals, encoding=options["encoding"])
            parsed = parsed.without(counted_too_low(parsed.rows))
            self._sort_out(parsed, rejects)
        except (UnreadableFileError, OSError) as error:
            raise CommandError(str(error)) from error
        result = self._import(parsed.rows, dry_run=dry_run)
        done = f"{result.created} products added, {result.edited} changed, {result.unchanged} as they were"
        self.stdout.write(self.style.SUCCESS(f"{done}; the stock of {result.stock_moves} moved."))
        if dry_run:
            self.stdout.write("That was a dry run: nothing was written.")

    def _sort_out(self, parsed: ParsedFile, rejects: Path | None) -> None:
        """Say how the file was read and what is wrong with it; refuse it unless the bad rows can go to `rejects`."""
        self.stdout.write(f"Read as {parsed.table}; {parsed.others} rows hold no product of their own.")
        for row in parsed.bad:
            self.stderr.write(f"line {row.line}: {row.reason}")
        of = f"{len(parsed.bad)} of {len(parsed.bad) + len(parsed.rows)} rows are bad"
        if parsed.bad and (rejects is None or any(row.cells is None for row in parsed.bad)):
            raise CommandError(f"{of}; nothing was imported.")
        if rejects:
            write_rejects(rejects, parsed.table.header, parsed.bad, parsed.table.separator)
            self.stdout.write(f"{of} and are in {rejects}.")

    def _import(self, rows: Sequence[ProductRow], *, dry_run: bool) -> ImportResult:
        result, before = ImportResult(), signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            for result in imported(rows, dry_run=dry_run):
                if len(rows) > result.rows:
                    self.stderr.write(f"{result.rows} of {len(rows)} rows are done")
        except (RequestError, DatabaseError, CountedTooLowError, KeyboardInterrupt) as error:
            done = f"{result.rows} of {len(rows)} rows are done; run it again to complete it" if result.rows else ""
            raise CommandError(f"Broken off ({why_of(error)}): {done or 'nothing was written'}.") from error
        finally:
            signal.signal(signal.SIGTERM, before)
        if result.created + result.edited >= MANY and not dry_run:
            with connection.cursor() as cursor:  # else the planner would not use the search index for the new rows
                cursor.execute("VACUUM (ANALYZE) products_product")
        return result


def why_of(error: BaseException) -> str:
    """Why an import was broken off."""
    if isinstance(error, CountedTooLowError):
        return str(error)
    busy = "the database is too busy" if isinstance(error, RequestError) else type(error).__name__
    return "stopped" if isinstance(error, KeyboardInterrupt) else busy


def mapping(text: str) -> tuple[str, str]:
    """Our column and the file's, of `COLUMN=sku`. Raises ValueError."""
    theirs, _, ours = text.rpartition("=")
    if not theirs or ours not in OWN.columns:
        raise ValueError
    return ours, theirs.strip().lower()


def write_rejects(path: Path, header: list[str], bad: Sequence[BadRow], separator: str) -> None:
    """Bad rows as they were, and why; bytes that could not be read stay as they are. Raises OSError."""
    with path.open("w", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow([*header, "line", "reason"])
        writer.writerows([*(row.cells or []), row.line, row.reason] for row in bad)
