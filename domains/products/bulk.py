"""Writing many products: in short transactions one after another, beside which orders go on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from domains.common.data.folding import with_folded
from domains.common.data.transactions import TryAgain, retried, short_transaction
from domains.common.data.writes import overwrite
from domains.products.categories import joined
from domains.products.images import at_urls
from domains.products.importing import ProductRow
from domains.products.models import Category, Product, StockMovement, unique_key
from domains.products.slugs import free_slugs

FIRST, LEAST, MOST = 500, 50, 2000  # rows of a transaction
TARGET = 0.25  # seconds of a transaction, in which its products are locked; on a busy machine some take thrice that
READ = (
    *("sku", "name", "description", "price", "stock", "reserved", "category", "tax_rate", "images", "version"),
    "unique_key",
)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many products were added, edited (whatever happened to their stock) and left as they were."""

    created: int = 0
    edited: int = 0
    unchanged: int = 0
    stock_moves: int = 0

    @property
    def rows(self) -> int:
        """How many rows that were."""
        return self.created + self.edited + self.unchanged

    def __add__(self, other: ImportResult) -> ImportResult:
        return ImportResult(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(slots=True)
class _Changes:
    """What some rows ask for. `columns` are those that differ in any of the `edited`."""

    categories: list[Category]
    created: list[Product] = field(default_factory=list)
    edited: list[Product] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    unchanged: int = 0
    moved: list[tuple[Product, int]] = field(default_factory=list)

    @property
    def result(self) -> ImportResult:
        return ImportResult(len(self.created), len(self.edited), self.unchanged, len(self.moved))


class CountedTooLowError(Exception):
    """Why rows cannot be right, by their lines: see `counted_too_low`."""

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__("; ".join(f"line {line}: {reason}" for line, reason in reasons.items()))


def import_products(*, rows: Sequence[ProductRow]) -> ImportResult:
    """Make the catalogue agree with the rows, by SKU: see `imported`."""
    return max(imported(rows), key=lambda result: result.rows, default=ImportResult())


def imported(rows: Sequence[ProductRow], *, dry_run: bool = False) -> Iterator[ImportResult]:
    """Make the catalogue agree with the rows, some at a time; after each time, what was done until then.

    By SKU: products, prices, categories and what is in stock. Products that no row names stay as they are, and so do
    `slug` and `active` of known ones. Categories are made as needed. Every change of stock is an IMPORT movement in the
    ledger. What is done stays when it is broken off; doing all again completes it. A `dry_run` writes nothing.
    Raises ServiceUnavailableError when other writers keep products locked, and CountedTooLowError when orders came to
    hold more of one than its row counts, since `counted_too_low` looked.
    """
    done, size = ImportResult(), FIRST
    while done.rows < len(rows):
        began, some = time.monotonic(), rows[done.rows : done.rows + size]
        done += _changes(some, lock=False).result if dry_run else _import(some)
        yield done
        wanted = len(some) * TARGET / (time.monotonic() - began)
        size = max(LEAST, min(MOST, 2 * size, int(wanted)))


def counted_too_low(rows: Sequence[ProductRow]) -> dict[int, str]:
    """Why a row cannot be right, by its line: it counts less than orders have reserved, which is still on the shelf."""
    found: dict[int, str] = {}
    for start in range(0, len(rows), MOST):
        some = rows[start : start + MOST]
        found |= _too_low(some, _known(some, lock=False))
    return found


def _too_low(rows: Sequence[ProductRow], known: Mapping[str, Product]) -> dict[int, str]:
    return {
        row.line: f"stock {row.stock} is less than the {product.reserved} that open orders hold"
        for row in rows
        if row.stock is not None and (product := known.get(unique_key(row.sku))) and row.stock < product.reserved
    }


@retried
def _import(rows: Sequence[ProductRow]) -> ImportResult:
    try:
        with short_transaction():
            changes = _changes(rows, lock=True)
            _write(changes)
    except IntegrityError as error:  # another import added one of these products or categories meanwhile
        raise TryAgain from error
    return changes.result


def _changes(rows: Sequence[ProductRow], *, lock: bool) -> _Changes:
    names = {unique_key(row.category): row.category for row in rows if row.category}
    categories, missing = _categories(names, lock=lock)
    known, changes = _known(rows, lock=lock), _Changes(missing)
    if low := _too_low(rows, known):
        raise CountedTooLowError(low)
    for row in rows:
        product, category = known.get(unique_key(row.sku)), categories.get(unique_key(row.category))
        if product is None:
            product = _product(row, category)
            changes.created.append(product)
        elif differing := _edit(product, row, category):
            changes.columns |= differing
            changes.edited.append(product)
        else:
            changes.unchanged += 1
        if delta := _counted(product, row) - product.stock:
            product.stock += delta
            changes.moved.append((product, delta))
    return changes


def _write(changes: _Changes) -> None:
    """Products in id order, as every other change of stock, so that no two of them deadlock: they are locked so."""
    Category.objects.bulk_create(changes.categories)
    slugs = free_slugs(Product, [product.name for product in changes.created])
    for product, slug in zip(changes.created, slugs, strict=True):
        product.slug = slug
    Product.objects.bulk_create(changes.created)
    overwrite(changes.edited, *with_folded(Product, changes.columns), "version", "updated_at")
    created = set(changes.created)
    overwrite([product for product, _ in changes.moved if product not in created], "stock")
    reason = StockMovement.Reason.IMPORT
    moves = (StockMovement(product=product, delta=delta, reason=reason) for product, delta in changes.moved)
    StockMovement.objects.bulk_create(moves)


def _categories(names: dict[str, str], *, lock: bool) -> tuple[dict[str, Category], list[Category]]:
    """All of them by their key, and those among them that are to be made."""
    same = Q(unique_key__in=names) | Q(name__in=names.values())  # the key is null where an older release wrote the row
    known = {unique_key(category.name): category for category in Category.objects.filter(same, deleted=False)}
    if lock and len(joined([category.id for category in known.values()])) < len(known):
        raise TryAgain  # one was deleted meanwhile, and is made again
    missing = [name for key, name in names.items() if key not in known]
    slugs = zip(missing, free_slugs(Category, missing), strict=True)
    made = [Category(name=name, slug=slug) for name, slug in slugs]
    return known | {unique_key(category.name): category for category in made}, made


def _known(rows: Sequence[ProductRow], *, lock: bool) -> dict[str, Product]:
    """The products that rows name, by their key; in no category where theirs is deleted."""
    same = Q(unique_key__in=[unique_key(row.sku) for row in rows]) | Q(sku__in=[row.sku for row in rows])
    found = Product.objects.filter(same).only(*READ).order_by("id")
    known = {unique_key(product.sku): product for product in (found.select_for_update(no_key=True) if lock else found)}
    deleted = set(Category.objects.filter(deleted=True).values_list("id", flat=True))
    for product in known.values():
        if product.category_id in deleted:
            product.category_id = None
    return known


def _product(row: ProductRow, category: Category | None) -> Product:
    texts = {"sku": row.sku, "name": row.name, "description": row.description}
    images = at_urls(row.images or (), (), alt=row.name)
    about = {"tax_rate": row.tax_rate, "category": category, "active": row.active, "images": images}
    return Product(**texts, price=row.price_minor, **about)


def _edit(product: Product, row: ProductRow, category: Category | None) -> set[str]:
    """Set what differs on the instance and raise its version; which columns those are."""
    wanted: dict[str, Any] = {"name": row.name, "description": row.description, "price": row.price_minor}
    wanted |= {} if row.tax_rate is None else {"tax_rate": row.tax_rate}
    wanted |= {} if row.images is None else {"images": at_urls(row.images, product.images, alt=row.name)}
    differing = {column for column, value in wanted.items() if getattr(product, column) != value}
    if product.category_id != (category.id if category else None):
        product.category = category
        differing.add("category")
    for column in differing & wanted.keys():
        setattr(product, column, wanted[column])
    product.version += bool(differing)
    return differing


def _counted(product: Product, row: ProductRow) -> int:
    """What is in stock when the row's count is right, which has what orders reserve in it; without one as it is."""
    return product.stock if row.stock is None else row.stock - product.reserved
