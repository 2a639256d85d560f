"""Reading products from a CSV file: pure parsing, no database. Writing them is `import_products` in `services`.

A file has a header with the columns sku, name, description, price, stock, category, in any order; other columns are
ignored. It is UTF-8, comma-separated, quoted as RFC 4180 says, and may be compressed (`.csv.xz`).
"""

from __future__ import annotations

import csv
import lzma
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TextIO

from domains.common.data.folding import kept
from domains.common.data.money import MAX_MINOR

COLUMNS = ("sku", "name", "description", "price", "stock", "category")
MAX_LENGTHS = {"sku": 64, "name": 200, "description": 10_000, "category": 100}
MAX_STOCK = 100_000_000
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
PRICE = re.compile(r"([0-9]{1,12})(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product of the file. `price_minor` is in minor units (pence); `category` is a name, "" for none."""

    sku: str
    name: str
    description: str
    price_minor: int
    stock: int
    category: str
    line: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be imported: the line it starts on (the header is line 1) and every reason why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """Every row of a file: what can be imported, and what cannot."""

    rows: list[ProductRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


class UnreadableFileError(Exception):
    """The file as a whole cannot be read: absent, damaged, empty, or without the columns it needs."""


def read_products(path: Path, *, stock: int | None = None, decimals: int = 2) -> ParsedFile:
    """Every row of the file, good or bad. `stock` stands for the stock of all rows; the column may then be missing.
    `decimals` is how many the currency has.

    Raises UnreadableFileError when there is no file, or no header with the needed columns.
    """
    try:
        with open_csv(path) as lines:
            return parse_products(lines, stock=stock, decimals=decimals)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise UnreadableFileError(f"{path}: {error}") from error


def open_csv(path: Path) -> TextIO:
    """The text of a `.csv` or `.csv.xz` file; bytes that are no UTF-8 come through as lone surrogates."""
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def parse_products(lines: Iterable[str], *, stock: int | None = None, decimals: int = 2) -> ParsedFile:
    """As `read_products`, from lines of text."""
    records = numbered_records(lines)
    header = _header(records, stock_given=stock is not None)
    parsed = ParsedFile()
    line_of_sku: dict[str, int] = {}
    for line, record in records:
        row: ProductRow | str = record if isinstance(record, str) else _shape_problem(header, record)
        if not row:
            row = _read_row(line, dict(zip(header, record, strict=False)), line_of_sku, stock, decimals)
        if isinstance(row, str):
            parsed.bad.append(BadRow(line, row))
        else:
            parsed.rows.append(row)
    return parsed


def numbered_records(lines: Iterable[str]) -> Iterator[tuple[int, list[str] | str]]:
    """(line the record starts on, its cells); blank rows are skipped. Where the quoting breaks, nothing after it can
    be trusted: the last item is then the reason instead of cells."""
    reader = csv.reader(lines, strict=True)
    start = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):  # spreadsheets leave rows of nothing but separators at the end
                yield start, record
            start = reader.line_num + 1
    except csv.Error as error:
        yield start, f"not readable as CSV from here on: {error}"


def parse_price(text: str, decimals: int = 2) -> int:
    """Minor units of a price such as "12", "12.5" or "12.50". Raises ValueError with the reason."""
    match = PRICE.fullmatch(text)
    if match is None or len(match[2] or "") > decimals:
        raise ValueError(f"price {text!r} is not a plain amount with at most {decimals} decimals")
    minor = int(match[1] + (match[2] or "").ljust(decimals, "0"))
    if minor > MAX_MINOR:
        raise ValueError(f"price {text!r} is too high")
    return minor


def parse_stock(text: str) -> int:
    """A quantity, 0 to MAX_STOCK. Raises ValueError with the reason."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > MAX_STOCK:
        raise ValueError(f"stock {text!r} is not a whole number of 0 to {MAX_STOCK}")
    return int(text)


def _header(records: Iterator[tuple[int, list[str] | str]], *, stock_given: bool) -> list[str]:
    _, first = next(records, (1, "the file is empty"))
    if isinstance(first, str):
        raise UnreadableFileError(first)
    names = [name.strip().lower() for name in first]
    missing = [name for name in COLUMNS if name not in names and not (name == "stock" and stock_given)]
    if missing and len(names) == 1 and (other := next((sign for sign in ";\t|" if sign in names[0]), "")):
        raise UnreadableFileError(f"the columns are separated by {other!r}; save the file with commas between them")
    if missing:
        raise UnreadableFileError(f"the header lacks {', '.join(missing)}; it needs {','.join(COLUMNS)}")
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise UnreadableFileError(f"the header names {', '.join(twice)} twice")
    return names


def _shape_problem(header: list[str], record: list[str]) -> str:
    if len(record) != len(header):
        return f"{len(record)} cells, the header has {len(header)}"
    if "\0" in "".join(record):
        return "contains a NUL character"
    return "is not UTF-8" if LONE_SURROGATE.search("".join(record)) else ""


def _read_row(
    line: int, cells: dict[str, str], line_of_sku: dict[str, int], stock: int | None, decimals: int
) -> ProductRow | str:
    """The row, or everything that is wrong with it."""
    sku, name, description, category = (kept(cells[column].strip()) for column in MAX_LENGTHS)
    reasons = _text_problems(sku=sku, name=name, description=description, category=category)
    if sku and line_of_sku.setdefault(sku, line) != line:
        reasons.append(f"sku {sku!r} is on line {line_of_sku[sku]} already")
    price = _number(partial(parse_price, decimals=decimals), cells["price"].strip(), reasons)
    quantity = _number(parse_stock, cells["stock"].strip(), reasons) if stock is None else stock
    return "; ".join(reasons) or ProductRow(sku, name, description, price, quantity, category, line)


def _number(parse: Callable[[str], int], text: str, reasons: list[str]) -> int:
    try:
        return parse(text)
    except ValueError as error:
        reasons.append(str(error))
        return 0


def _text_problems(**texts: str) -> list[str]:
    reasons = [f"{column} is empty" for column in ("sku", "name") if not texts[column]]
    for column, text in texts.items():
        if len(text) > MAX_LENGTHS[column]:
            reasons.append(f"{column} has {len(text)} characters, at most {MAX_LENGTHS[column]}")
    return reasons
