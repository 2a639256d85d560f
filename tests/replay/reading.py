"""The file: its lines, its identity, and the control sums that the replay is checked against."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from domains.common.data.csvfile import UnreadableFileError, read_table
from tests.replay.rules import COLUMNS

# What Online Retail II calls the columns of its elder brother.
NAMES_OF_TWO = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}


@dataclass(frozen=True, slots=True)
class Control:
    """What the file itself says about each ordered invoice: its sum, and quantity by stock code and price."""

    totals: dict[str, Decimal] = field(default_factory=dict)
    quantity: dict[str, Counter[tuple[str, Decimal]]] = field(default_factory=dict)


def read_lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line number, cells by column). Raises UnreadableFileError where the file, or the rest of it, cannot be read."""
    table = read_table(path)
    header = [NAMES_OF_TWO.get(name, name) for name in table.header]
    if missing := [name for name in COLUMNS if name not in header]:
        raise UnreadableFileError(f"{path}: the header lacks {', '.join(missing)} (read as {table})")
    for number, record in table.records:
        yield number, dict.fromkeys(COLUMNS, "") | dict(zip(header, _readable(number, record), strict=False))


def _readable(number: int, record: list[str] | str) -> list[str]:
    if isinstance(record, str):
        raise UnreadableFileError(f"line {number}: {record}")
    return record


def file_hash(path: Path) -> str:
    """Sha256 of the bytes, hex: with an invoice number it is the identity of an order."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def control_sums(path: Path, ordered: Mapping[str, Collection[int]]) -> Control:
    """Add up the given lines of each invoice, straight from their cells in Decimal.

    On purpose it shares nothing with the code that judges, prices and orders: it is what that is checked against.
    """
    control = Control()
    for number, row in read_lines(path):
        invoice = row["InvoiceNo"].strip()
        if number in ordered.get(invoice, ()):
            quantity, price = Decimal(row["Quantity"]), Decimal(row["UnitPrice"])
            control.totals[invoice] = control.totals.get(invoice, Decimal(0)) + quantity * price
            product = row["StockCode"].strip().upper(), price.normalize()
            control.quantity.setdefault(invoice, Counter())[product] += int(quantity)
    return control
