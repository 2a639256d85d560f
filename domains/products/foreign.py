"""Exports of other shops: which of their columns are ours, and which of their rows make one product of ours.

Of a family of variants each is a product; what only its first row or its parent tells is told of all. What has no SKU
gets one, made of the family's name and the options, the same each time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from html.parser import HTMLParser

from django.utils.text import slugify

from domains.common.validation import visible
from domains.products.importing import HIDDEN, MAX_LENGTHS, Cells, Layout

UNPUBLISHED = {"false", "0", "-1", "draft", "archived"}
SILENT = {"script", "style", "template"}
BLOCKS = set(
    re.findall(r"\w+", "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section tr ul")
)

SHOPIFY_COLUMNS = {
    "sku": "variant sku",
    "name": "title",
    "description": "body (html)",
    "price": "variant price",
    "stock": "variant inventory qty",
    "category": "type",
}
SHOPIFY_FAMILY = ("title", "body (html)", "type", "published", "status")
SHOPIFY_OPTIONS = ("option1 value", "option2 value", "option3 value")
WOOCOMMERCE_COLUMNS = {
    "sku": "sku",
    "name": "name",
    "description": "description",
    "price": "regular price",
    "stock": "stock",
    "category": "categories",
}
WOOCOMMERCE_FAMILY = ("description", "categories")
WOOCOMMERCE_OPTIONS = ("attribute 1 value(s)", "attribute 2 value(s)", "attribute 3 value(s)")
NOT_SOLD = {"variable", "grouped", "external"}  # sold by their variations, by their members, elsewhere


def shopify(records: Collection[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """A row is a variant, but those that only show another picture; the first row of a handle tells of the product."""
    first: dict[str, Cells] = {}
    for line, cells in records:
        family = first.setdefault(cells["handle"], cells)
        if any(cells[column] for column in ("variant price", "variant sku", "option1 value")):
            whole = _inheriting(cells, family, SHOPIFY_FAMILY)
            options = [cells[column] for column in SHOPIFY_OPTIONS if cells[column] not in ("", "Default Title")]
            yield line, _product(whole, SHOPIFY_COLUMNS, cells["handle"], options)


def woocommerce(records: Collection[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """A row is a product that is sold; variations have their parent's description and categories."""
    known = {name: cells for _, cells in records for name in (f"id:{cells['id']}", cells["sku"])}
    for line, cells in records:
        if NOT_SOLD.isdisjoint(cells["type"].replace(",", " ").split()):
            parent = known.get(cells["parent"], cells) if cells["parent"] else cells
            whole = _inheriting(cells, parent, WOOCOMMERCE_FAMILY)
            whole["categories"] = re.split(r"(?<!\\),", whole["categories"])[0].replace("\\,", ",")
            whole["description"] = whole["description"].replace("\\n", "<br>")
            if cells["sale price"] and not cells["date sale price starts"] + cells["date sale price ends"]:
                whole["regular price"] = cells["sale price"]
            options = [cells[column] for column in WOOCOMMERCE_OPTIONS if cells[column]] if parent is not cells else []
            yield line, _product(whole, WOOCOMMERCE_COLUMNS, parent["sku"] or parent["name"], options)


PRESETS = {
    "shopify": Layout(SHOPIFY_COLUMNS, optional=("description", "stock", "category"), fit=shopify),
    "woocommerce": Layout(WOOCOMMERCE_COLUMNS, optional=("description", "stock", "category"), fit=woocommerce),
}


def plain(html: str) -> str:
    """The text of HTML, a line for each block; what is neither shown nor seen is left out."""
    text = _Text()
    text.feed(" ".join(html.split()))
    text.close()
    lines = (visible(" ".join(line.split())) for line in "".join(text.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in SILENT
        self.parts += ["\n"] if tag in BLOCKS else []

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in SILENT))
        self.parts += ["\n"] if tag in BLOCKS else []

    def handle_data(self, data: str) -> None:
        self.parts += [] if self._silent else [data]


def _inheriting(cells: Cells, family: Cells, columns: Sequence[str]) -> dict[str, str]:
    return defaultdict(str, cells, **{column: cells[column] or family[column] for column in columns})


def _product(cells: dict[str, str], columns: Cells, family: str, options: Sequence[str]) -> Cells:
    """The row with a SKU, a name that tells its options, and a description without HTML."""
    name = " ".join(cells[columns["name"]].split())
    told = [option for option in options if option.casefold() not in name.casefold()]
    sku = cells[columns["sku"]].strip().lstrip("'")  # by which spreadsheets mark a text
    made = slugify(" ".join([family, *options]).replace("/", " "), allow_unicode=True)[: MAX_LENGTHS["sku"]]
    cells[columns["sku"]], cells[columns["name"]] = sku or made, ", ".join([name, *told])
    cells[columns["description"]] = plain(cells[columns["description"]])
    if UNPUBLISHED & {cells.get("published", "").lower(), cells.get("status", "").lower()}:
        cells[HIDDEN] = HIDDEN
    return cells
