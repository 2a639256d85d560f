"""Writing many goods at once: one transaction, a handful of statements for ten thousand rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError
from django.utils.text import slugify

from domains.common.data.models import new_id
from domains.common.data.transactions import TryAgain, retried, short_transaction
from domains.products.importing import ProductRow
from domains.products.models import Category, Product, StockMovement

BATCH = 1000
EDITED = ["name", "description", "price", "category", "version", "updated_at"]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many goods were added, edited (whatever happened to their stock) and left as they were."""

    created: int
    edited: int
    unchanged: int
    stock_moves: int


@retried
def import_products(*, rows: Sequence[ProductRow]) -> ImportResult:
    """Make the catalogue agree with the rows, by SKU: products, prices, categories and how many are in stock.

    Products that no row names stay as they are, and so do `slug` and `active` of known ones. Categories are made as
    needed. Every change of stock is an IMPORT movement in the ledger. All rows are written or none.
    Raises ServiceUnavailableError when other writers keep the products locked.
    """
    try:
        with short_transaction():
            return _import(rows)
    except IntegrityError as error:  # another import added one of these products or categories meanwhile
        raise TryAgain from error


def _import(rows: Sequence[ProductRow]) -> ImportResult:
    categories = _categories({row.category: None for row in rows if row.category})
    known = _locked({row.sku for row in rows})
    new = [row for row in rows if row.sku not in known]
    slugs = free_slugs(Product, [row.name for row in new])
    created = [_product(row, slug, categories) for row, slug in zip(new, slugs, strict=True)]
    edited = [known[row.sku] for row in rows if row.sku in known and _edit(known[row.sku], row, categories)]
    Product.objects.bulk_create(created, batch_size=BATCH)
    _overwrite(edited, EDITED)
    moves = _count(rows, {**known, **{product.sku: product for product in created}})
    return ImportResult(len(created), len(edited), len(known) - len(edited), moves)


def _categories(names: Iterable[str]) -> dict[str, Category]:
    known = {category.name: category for category in Category.objects.filter(name__in=names)}
    missing = [name for name in names if name not in known]
    slugs = free_slugs(Category, missing)
    pairs = zip(missing, slugs, strict=True)
    made = Category.objects.bulk_create(Category(name=name, slug=slug) for name, slug in pairs)
    return known | {category.name: category for category in made}


def _locked(skus: set[str]) -> dict[str, Product]:
    """In id order, as every other change of stock, so that no two of them deadlock."""
    found = Product.objects.select_for_update(no_key=True).filter(sku__in=skus).order_by("id")
    return {product.sku: product for product in found}


def _product(row: ProductRow, slug: str, categories: dict[str, Category]) -> Product:
    return Product(
        sku=row.sku,
        slug=slug,
        name=row.name,
        description=row.description,
        price=row.price_minor,
        category=categories.get(row.category),
    )


def _edit(product: Product, row: ProductRow, categories: dict[str, Category]) -> bool:
    """Set what differs on the instance and raise its version; False when nothing does."""
    category = categories.get(row.category)
    wanted = (row.name, row.description, row.price_minor, category.id if category else None)
    if (product.name, product.description, product.price, product.category_id) == wanted:
        return False
    product.name, product.description, product.price, product.category_id = wanted
    product.version += 1
    return True


def _count(rows: Iterable[ProductRow], products: dict[str, Product]) -> int:
    """Bring the stock of each product to its row's, with the differences in the ledger; the number of movements."""
    reason = StockMovement.Reason.IMPORT
    counted = sorted(((products[row.sku], row.stock) for row in rows), key=lambda pair: pair[0].id)
    moved = [(product, quantity - product.stock) for product, quantity in counted if quantity != product.stock]
    for product, delta in moved:
        product.stock += delta
    _overwrite([product for product, _ in moved], ["stock"])
    StockMovement.objects.bulk_create(
        (StockMovement(product=product, delta=delta, reason=reason) for product, delta in moved), batch_size=BATCH
    )
    return len(moved)


def _overwrite(products: Iterable[Product], fields: list[str]) -> None:
    """As `bulk_update`, whose CASE expressions take minutes for ten thousand rows: every row exists and is locked."""
    Product.objects.bulk_create(
        sorted(products, key=lambda product: product.id),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=fields,
    )


def free_slugs(model: type[Product | Category], names: Sequence[str]) -> list[str]:
    """One for each name; with a short random end when it is taken or the name has no Latin letter."""
    wanted = [slugify(name)[:100] for name in names]
    taken = set(model._default_manager.filter(slug__in=wanted).values_list("slug", flat=True))
    slugs = []
    for slug in wanted:
        free = slug if slug and slug not in taken else f"{slug}-{new_id().hex[-8:]}".lstrip("-")
        taken.add(free)
        slugs.append(free)
    return slugs
