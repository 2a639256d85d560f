"""Reading products from a table: pure parsing, no database. Writing them is `import_products` in `bulk`.

Our own layout has the columns sku, name, description, price, stock, category, in any order, and may have tax_rate and
images; other columns are ignored.
Exports of other shops have layouts of their own: see `foreign`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from domains.common.data.csvfile import Table, UnreadableFileError, read_table, table_of
from domains.common.data.money import MAX_MINOR
from domains.common.validation import checked
from domains.products.images import parse_images
from domains.products.models import unique_key

COLUMNS = ("sku", "name", "description", "price", "stock", "category", "tax_rate", "images")
MAX_LENGTHS = {"sku": 64, "name": 200, "description": 10_000, "category": 100}
MAX_STOCK = 100_000_000
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
PRICE = re.compile(r"([0-9]{1,12})(?:\.([0-9]+))?")
RATE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?")
COMMA_PRICE = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")  # what spreadsheets make of long codes
HIDDEN = "(hidden)"  # in a row's cells: the product is not for sale at first

type Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product of the file. `price_minor` is in minor units (pence); `category` is a name, "" for none.

    `stock` is a count of the shelf; None leaves the stock alone, as None leaves the `tax_rate` (percent) and the
    `images` (URLs). `active` says whether a new product is for sale at once, `cells` are those of the row, in the order
    of the header.
    """

    sku: str
    name: str
    description: str
    price_minor: int
    stock: int | None
    category: str
    line: int
    tax_rate: Decimal | None = None
    images: tuple[str, ...] | None = None
    active: bool = True
    cells: list[str] = field(default_factory=list, compare=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be imported: the line it starts on (the header is line 1) and every reason why.

    `cells` are in the order of the header; None where they, and all that follow, could not be told apart.
    """

    line: int
    reason: str
    cells: list[str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """Every row of a file: what can be imported, what cannot, and how many rows hold no product of their own."""

    table: Table = field(compare=False)
    rows: list[ProductRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    others: int = 0

    def without(self, reasons: Mapping[int, str]) -> ParsedFile:
        """The same, but that the rows on these lines are bad for these reasons."""
        bad = [BadRow(row.line, reasons[row.line], row.cells) for row in self.rows if row.line in reasons]
        rows = [row for row in self.rows if row.line not in reasons]
        return replace(self, rows=rows, bad=sorted([*self.bad, *bad], key=lambda row: row.line))


@dataclass(frozen=True, slots=True)
class Layout:
    """Which of a file's columns are ours: `columns` has theirs, in small letters, by ours.

    `fit` makes rows that stand for one product each of the rows of the file, by (line, cells).
    """

    columns: Mapping[str, str]
    optional: Collection[str] = ()
    fit: Callable[[Collection[tuple[int, Cells]]], Iterable[tuple[int, Cells]]] = iter


OWN = Layout({column: column for column in COLUMNS}, optional=("tax_rate", "images"))


def read_products(
    path: Path, *, layout: Layout = OWN, stock: int | None = None, decimals: int = 2, encoding: str = ""
) -> ParsedFile:
    """Every row of the file, good or bad. `stock` stands for the stock of all rows; the column may then be missing.
    `decimals` is how many the currency has.

    Raises UnreadableFileError when there is no file, or no header with the needed columns.
    """
    return _parse(read_table(path, encoding=encoding), layout, stock, decimals)


def parse_products(
    lines: Iterable[str], *, layout: Layout = OWN, stock: int | None = None, decimals: int = 2
) -> ParsedFile:
    """As `read_products`, from lines of text."""
    return _parse(table_of("".join(lines)), layout, stock, decimals)


def parse_price(text: str, decimals: int = 2, *, comma: bool = False) -> int:
    """Minor units of a price such as "12", "12.5" or "12.50", with `comma` also "1.012,50".

    Raises ValueError with the reason.
    """
    plain = text.replace(".", "").replace(",", ".") if comma and COMMA_PRICE.fullmatch(text) else text
    match = PRICE.fullmatch(plain)
    if match is None or len(match[2] or "") > decimals:
        raise ValueError(f"price {text!r} is not a plain amount with at most {decimals} decimals")
    minor = int(match[1] + (match[2] or "").ljust(decimals, "0"))
    if minor > MAX_MINOR:
        raise ValueError(f"price {text!r} is too high")
    return minor


def parse_rate(text: str, *, comma: bool = False) -> Decimal:
    """A tax rate in percent such as "20" or "5.5", with `comma` also "5,5". Raises ValueError with the reason."""
    plain = text.replace(",", ".") if comma else text
    if not RATE.fullmatch(plain) or Decimal(plain) > 100:
        raise ValueError(f"tax_rate {text!r} is not a percentage of 0 to 100 with at most two decimals")
    return Decimal(plain)


def parse_stock(text: str) -> int:
    """A quantity, 0 to MAX_STOCK. Raises ValueError with the reason."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > MAX_STOCK:
        raise ValueError(f"stock {text!r} is not a whole number of 0 to {MAX_STOCK}")
    return int(text)


def _parse(table: Table, layout: Layout, stock: int | None, decimals: int) -> ParsedFile:
    header = _header(table, layout, stock_given=stock is not None)
    bad, records = [], []
    for line, cells in table.records:
        if reason := cells if isinstance(cells, str) else _shape_problem(header, cells):
            bad.append(BadRow(line, reason, cells if isinstance(cells, list) else None))
        else:
            records.append((line, defaultdict(str, zip(header, cells, strict=False))))
    reader, rows = _Reader(layout, header, stock, decimals, comma=table.separator != ","), []
    fitted = list(layout.fit(records))
    for line, whole in fitted:
        row = reader.read(line, whole)
        if isinstance(row, ProductRow):
            rows.append(row)
        else:
            bad.append(BadRow(line, row, [whole[name] for name in header]))
    return ParsedFile(table, rows, sorted(bad, key=lambda row: row.line), len(records) - len(fitted))


def _header(table: Table, layout: Layout, *, stock_given: bool) -> list[str]:
    names = [name.lower() for name in table.header]
    optional = {*layout.optional, *(["stock"] if stock_given else [])}
    missing = [ours for ours, theirs in layout.columns.items() if theirs not in names and ours not in optional]
    if missing:
        found = ", ".join(map(repr, table.header))
        raise UnreadableFileError(
            f"the header lacks {', '.join(missing)}; it has {found} (read as {table}). --map COLUMN=sku names a "
            "column, --preset the shop that wrote it"
        )
    twice = [theirs for theirs in layout.columns.values() if names.count(theirs) > 1]
    if twice:
        raise UnreadableFileError(f"the header names {', '.join(twice)} twice")
    return names


def _shape_problem(header: list[str], record: list[str]) -> str:
    if len(record) != len(header):
        return f"{len(record)} cells, the header has {len(header)}"
    return "is not UTF-8" if LONE_SURROGATE.search("".join(record)) else ""


@dataclass(frozen=True, slots=True)
class _Reader:
    layout: Layout
    header: list[str]
    stock: int | None
    decimals: int
    comma: bool
    line_of_sku: dict[str, int] = field(default_factory=dict)

    def read(self, line: int, cells: Cells) -> ProductRow | str:
        """The row, or everything that is wrong with it."""
        text = {ours: cells[theirs].strip() for ours, theirs in self.layout.columns.items()}
        problems: list[str] = []
        for column, most in MAX_LENGTHS.items():
            least, lines = int(column in ("sku", "name")), column == "description"
            text[column], flaw = checked(text[column], least=least, most=most, lines=lines)
            problems += [f"{column}: {flaw.message}"] if flaw else []
        problems += self._sku_problems(text["sku"], line)
        price = _number(partial(parse_price, decimals=self.decimals, comma=self.comma), text["price"], problems)
        count = _number(parse_stock, text["stock"], problems) if self.stock is None and text["stock"] else self.stock
        percent, urls = text.get("tax_rate"), text.get("images")
        rate = _number(partial(parse_rate, comma=self.comma), percent, problems) if percent else None
        images = _parsed(parse_images, urls, problems, None) if urls else None
        shown = (text["sku"], text["name"], text["description"], price, count, text["category"])
        whole = [cells[name] for name in self.header]
        return "; ".join(problems) or ProductRow(*shown, line, rate, images, active=HIDDEN not in cells, cells=whole)

    def _sku_problems(self, sku: str, line: int) -> Iterable[str]:
        if sku and (first := self.line_of_sku.setdefault(unique_key(sku), line)) != line:
            yield f"sku {sku!r} is on line {first} already"
        if ROUNDED.fullmatch(sku):
            yield f"sku {sku!r} is what a spreadsheet makes of a long number; write it as text"


def _number[N: (int, Decimal)](parse: Callable[[str], N], text: str, problems: list[str]) -> N:
    return _parsed(parse, text, problems, parse("0"))


def _parsed[T, O](parse: Callable[[str], T], text: str, problems: list[str], otherwise: O) -> T | O:
    try:
        return parse(text)
    except ValueError as error:
        problems.append(str(error))
        return otherwise
