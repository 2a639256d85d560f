"""Stock moves only here: in id order, each movement with a row in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import F

from domains.common.transactions import TryAgain
from domains.products.models import Product, StockMovement


class OutOfStock(Exception):
    """A product lacks the pieces, or is not for sale (`available` is None then)."""

    def __init__(self, product_id: UUID, available: int | None) -> None:
        super().__init__(str(product_id))
        self.product_id = product_id
        self.available = available


def take(quantities: Mapping[UUID, int], *, order_id: UUID) -> None:
    """Sell pieces of active products: the last statements of the caller's transaction, because they lock hot rows.

    Conditional updates in id order: no deadlock between carts, and never below zero. Raises OutOfStock.
    """
    _record({id_: -pieces for id_, pieces in quantities.items()}, StockMovement.Reason.ORDER, reference=order_id)
    for product_id in sorted(quantities):
        pieces = quantities[product_id]
        fits = Product.objects.filter(id=product_id, active=True, stock__gte=pieces)
        if not fits.update(stock=F("stock") - pieces):
            raise _refusal(product_id, pieces)


def put_back(quantities: Mapping[UUID, int], *, order_id: UUID) -> None:
    """Return the pieces of a cancelled order, also to products that are not for sale any more."""
    _record(dict(quantities), StockMovement.Reason.CANCELLATION, reference=order_id)
    for product_id in sorted(quantities):
        Product.objects.filter(id=product_id).update(stock=F("stock") + quantities[product_id])


def adjust(
    product_id: UUID, delta: int, *, reason: StockMovement.Reason, note: str = "", reference: UUID | None = None
) -> bool:
    """Change the stock of one product by a count or a correction; False when it would fall below zero."""
    if not Product.objects.filter(id=product_id, stock__gte=-delta).update(stock=F("stock") + delta):
        return False
    _record({product_id: delta}, reason, note=note, reference=reference)
    return True


def _refusal(product_id: UUID, pieces: int) -> Exception:
    now = Product.objects.filter(id=product_id).values("active", "stock").first()
    if now is None or not now["active"]:
        return OutOfStock(product_id, None)
    # Somebody returned pieces between the two statements: the whole service may try again.
    return TryAgain() if now["stock"] >= pieces else OutOfStock(product_id, now["stock"])


def _record(
    deltas: Mapping[UUID, int], reason: StockMovement.Reason, *, note: str = "", reference: UUID | None = None
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(product_id=id_, delta=delta, reason=reason, note=note, reference=reference)
        for id_, delta in sorted(deltas.items())
    )
