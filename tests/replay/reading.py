"""The file: its lines, its identity, and the control sums that the replay is checked against."""

from __future__ import annotations

import csv
import hashlib
import lzma
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from domains.products.importing import UnreadableFileError, numbered_records, open_csv
from tests.replay.rules import COLUMNS


@dataclass(frozen=True, slots=True)
class Control:
    """What the file itself says about each ordered invoice: its sum, and quantity by stock code and price."""

    totals: dict[str, Decimal] = field(default_factory=dict)
    quantity: dict[str, Counter[tuple[str, Decimal]]] = field(default_factory=dict)


def read_lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line number, cells by column). Raises UnreadableFileError where the file, or the rest of it, cannot be read."""
    try:
        with open_csv(path) as text:
            records = numbered_records(text)
            header = _readable(next(records, (1, "the file is empty")))
            if missing := [name for name in COLUMNS if name not in header]:
                raise UnreadableFileError(f"{path}: the header lacks {', '.join(missing)}")
            for number, record in records:
                yield number, dict.fromkeys(COLUMNS, "") | dict(zip(header, _readable((number, record)), strict=False))
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise UnreadableFileError(f"{path}: {error}") from error


def _readable(numbered: tuple[int, list[str] | str]) -> list[str]:
    number, record = numbered
    if isinstance(record, str):
        raise UnreadableFileError(f"line {number}: {record}")
    return record


def file_hash(path: Path) -> str:
    """Sha256 of the bytes, hex: with an invoice number it is the identity of an order."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def control_sums(path: Path, ordered: Mapping[str, Collection[int]]) -> Control:
    """Add up the given lines of each invoice, straight from the file in Decimal.

    On purpose it shares nothing with the code that reads, prices and orders: it is what those are checked against.
    """
    control = Control()
    packed = path.suffix == ".xz"
    with (lzma.open if packed else open)(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.DictReader(text)
        for row in reader:
            invoice = row["InvoiceNo"].strip()
            begins = reader.line_num - sum(str(cell).count("\n") for cell in row.values())
            if begins in ordered.get(invoice, ()):
                quantity, price = Decimal(row["Quantity"]), Decimal(row["UnitPrice"])
                control.totals[invoice] = control.totals.get(invoice, Decimal(0)) + quantity * price
                product = row["StockCode"].strip().upper(), price.normalize()
                control.quantity.setdefault(invoice, Counter())[product] += int(quantity)
    return control
