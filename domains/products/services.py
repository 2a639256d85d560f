"""The rules of the catalogue. All of them are for staff; the caller has checked that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings

from domains.common.data import idempotency
from domains.common.data.models import new_id
from domains.common.data.money import to_minor, to_rate
from domains.common.data.transactions import retried, short_transaction
from domains.common.errors import FieldErrorCode, NotFoundError, StaleObjectError, ValidationError
from domains.common.validation import Problems
from domains.common.viewer import Viewer
from domains.products import categories, stock
from domains.products.errors import InsufficientStockError, StockShortage
from domains.products.images import Image, checked_images
from domains.products.importing import MAX_STOCK
from domains.products.models import Product, StockMovement, unique_key
from domains.products.slugs import checked_slug, free_slugs

MAX_DESCRIPTION_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class ProductEdit:
    """The fields of a product to set; None leaves a field as it is. `uncategorised` takes it out of its category.

    `price` is in major units of STORE_CURRENCY, `tax_rate` in percent; `no_rate` takes the own rate away. `images` take
    the place of all that there are.
    """

    sku: str | None = None
    name: str | None = None
    slug: str | None = None
    description: str | None = None
    price: Decimal | None = None
    tax_rate: Decimal | None = None
    no_rate: bool = False
    active: bool | None = None
    images: Sequence[Image] | None = None
    category_id: UUID | None = None
    uncategorised: bool = False


@retried
def create_product(*, quantity: int, edit: ProductEdit) -> Product:
    """Add a product with its first stock, 0 to MAX_STOCK, in the ledger. `edit` names it and prices it.

    Raises ValidationError, which names everything that is wrong.
    """
    problems = Problems()
    product = Product(stock=quantity)
    problems.quantity("stock", quantity, most=MAX_STOCK)
    with short_transaction():
        _apply(product, edit, problems)
        product.slug = product.slug or free_slugs(Product, [product.name])[0]
        problems.check()
        product.save(force_insert=True)
        if quantity:
            StockMovement.objects.create(product=product, delta=quantity, reason=StockMovement.Reason.INITIAL)
    return product


@retried
def update_product(*, product_id: UUID, edit: ProductEdit, expected_version: int | None) -> Product:
    """Change a product and raise its version. Raises NotFoundError, StaleObjectError or ValidationError."""
    problems = Problems()
    with short_transaction():
        product = Product.objects.select_for_update(no_key=True).filter(id=product_id).first()
        if product is None:
            raise NotFoundError("There is no such product", path=["productId"])
        StaleObjectError.check(product.version, expected_version, what="product")
        changed = _apply(product, edit, problems)
        problems.check()
        product.version += 1
        product.save(update_fields=[*changed, "version", "updated_at"])
    return product


def adjust_stock(*, viewer: Viewer, product_id: UUID, delta: int, reason: str, key: UUID) -> tuple[Product, bool]:
    """Correct the stock of a product by `delta`, once for each key; the product, and whether this was a replay.

    Raises ValidationError, NotFoundError, InsufficientStockError or IdempotencyConflictError.
    """
    problems = Problems()
    note = problems.text("reason", reason, most=200)
    if delta == 0 or abs(delta) > MAX_STOCK:
        message = f"Must be a whole number from -{MAX_STOCK} to {MAX_STOCK}, and not 0"
        problems.add("delta", message=message, code=_delta_code(delta))
    problems.check()
    canonical = {"product": str(product_id), "delta": delta, "reason": note}
    return _once(viewer, "adjustStock", key, product_id, canonical, partial(_adjust, delta=delta, note=note, key=key))


def count_stock(*, viewer: Viewer, product_id: UUID, counted: int, note: str, key: UUID) -> tuple[Product, bool]:
    """Tell how many pieces of a product are on the shelf, 0 to MAX_STOCK, those that orders hold among them.

    Once for each key: see `adjust_stock`. Raises InsufficientStockError when open orders hold more than that.
    """
    problems = Problems()
    note = problems.text("note", note, most=200)
    problems.quantity("counted", counted, most=MAX_STOCK)
    problems.check()
    canonical = {"product": str(product_id), "counted": counted, "note": note}
    return _once(viewer, "countStock", key, product_id, canonical, partial(_count, counted=counted, note=note, key=key))


@retried
def _once(
    viewer: Viewer,
    operation: str,
    key: UUID,
    product_id: UUID,
    canonical: Mapping[str, Any],
    move: Callable[[Product], None],
) -> tuple[Product, bool]:
    """Move the stock of a product, unless the key was used before; the product, and whether it was."""
    with short_transaction():
        product = Product.objects.filter(id=product_id).first()
        if product is None or viewer.user_id is None:
            raise NotFoundError("There is no such product", path=["productId"])
        mine, fingerprint = new_id(), idempotency.fingerprint(canonical)
        replayed = mine != idempotency.claim(
            owner_id=viewer.user_id, operation=operation, key=key, fingerprint=fingerprint, result_id=mine
        )
        if not replayed:
            move(product)
        product.refresh_from_db(fields=["stock", "reserved"])
    return product, replayed


def _delta_code(delta: int) -> FieldErrorCode:
    if delta == 0:
        return FieldErrorCode.INVALID
    return FieldErrorCode.TOO_SMALL if delta < 0 else FieldErrorCode.TOO_LARGE


def _adjust(product: Product, *, delta: int, note: str, key: UUID) -> None:
    if product.stock + delta > MAX_STOCK:
        message = f"The stock would be above {MAX_STOCK}"
        raise ValidationError.of("delta", message=message, code=FieldErrorCode.TOO_LARGE)
    if not stock.adjust(product.id, delta, note=note, reference=key):
        product.refresh_from_db(fields=["stock"])
        raise InsufficientStockError([StockShortage(product.id, -delta, product.stock, ["delta"])])


def _count(product: Product, *, counted: int, note: str, key: UUID) -> None:
    reserved = stock.count(product.id, counted, note=note, reference=key)
    if reserved is not None:
        message = f"{counted} were counted, and open orders hold {reserved}: find them, or cancel orders"
        raise InsufficientStockError([StockShortage(product.id, reserved, counted, ["counted"])], message=message)


def _apply(product: Product, edit: ProductEdit, problems: Problems) -> dict[str, Any]:
    """Set the given fields on the product, collecting problems; the columns that were set."""
    changed: dict[str, Any] = {}
    if edit.sku is not None:
        changed["sku"] = _checked_sku(product, edit.sku, problems)
    if edit.name is not None:
        changed["name"] = problems.text("name", edit.name, most=200)
    if edit.description is not None:
        changed["description"] = problems.text(
            "description", edit.description, least=0, most=MAX_DESCRIPTION_CHARACTERS, lines=True
        )
    if edit.price is not None:
        with problems.collecting():
            changed["price"] = to_minor(edit.price, settings.STORE_CURRENCY, path=["price"])
    if edit.no_rate:
        changed["tax_rate"] = None
    if edit.tax_rate is not None:
        with problems.collecting():
            changed["tax_rate"] = to_rate(edit.tax_rate, path=["taxRate"])
    if edit.active is not None:
        changed["active"] = edit.active
    if edit.slug is not None:
        changed["slug"] = checked_slug(Product, edit.slug, product.id, problems)
    if edit.images is not None:
        changed["images"] = checked_images(edit.images, product.images, problems)
    if edit.uncategorised or edit.category_id is not None:
        changed["category_id"] = edit.category_id
        if edit.category_id and not categories.joined([edit.category_id]):
            problems.add("categoryId", message="There is no such category", code=FieldErrorCode.UNKNOWN)
    for column, value in changed.items():
        setattr(product, column, value)
    return changed


def _checked_sku(product: Product, sku: str, problems: Problems) -> str:
    sku = problems.text("sku", sku, most=64)
    if Product.objects.filter(unique_key=unique_key(sku)).exclude(id=product.id).exists():
        problems.add("sku", message="Another product has this SKU", code=FieldErrorCode.TAKEN)
    return sku
