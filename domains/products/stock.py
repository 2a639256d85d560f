"""Stock moves only here: in id order, each movement with a row in the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from domains.common.data.models import BaseModel
from domains.common.data.transactions import TryAgain
from domains.common.data.writes import change, insert
from domains.products.models import Product, StockMovement

_SELL = "UPDATE products_product SET stock = stock - %s WHERE id = %s AND active AND stock >= %s"


class OutOfStock(Exception):
    """Less of a product is in stock than is wanted, or it is not for sale (`available` is None then)."""

    def __init__(self, product_id: UUID, available: int | None) -> None:
        super().__init__(str(product_id))
        self.product_id = product_id
        self.available = available


class Offer(NamedTuple):
    """What an order line keeps of a product. `price` is in minor units."""

    id: UUID
    name: str
    sku: str
    price: int
    stock: int


def on_sale(ids: Collection[UUID]) -> dict[UUID, Offer]:
    """The active ones of these products, by id."""
    rows = Product.objects.filter(id__in=ids, active=True).values_list(*Offer._fields)
    return {row[0]: Offer(*row) for row in rows}


def take(quantities: Mapping[UUID, int], *, order_id: UUID, rows: Iterable[BaseModel] = ()) -> None:
    """Sell quantities of active products: the last statements of the caller's transaction, because they lock hot rows.

    Conditional updates in id order: no deadlock between carts, and never below zero. `rows` are new ones to insert
    in one statement with the ledger's. Raises OutOfStock.
    """
    sold = {product_id: -quantity for product_id, quantity in quantities.items()}
    insert(*rows, *_movements(sold, StockMovement.Reason.ORDER, reference=order_id))
    for product_id in sorted(quantities):
        quantity = quantities[product_id]
        if not change(_SELL, quantity, product_id, quantity):
            raise _refusal(product_id, quantity)


def put_back(quantities: Mapping[UUID, int], *, order_id: UUID) -> None:
    """Return what a cancelled order had taken, also of products that are not for sale any more."""
    insert(*_movements(quantities, StockMovement.Reason.CANCELLATION, reference=order_id))
    for product_id in sorted(quantities):
        Product.objects.filter(id=product_id).update(stock=F("stock") + quantities[product_id])


def adjust(product_id: UUID, delta: int, *, note: str = "", reference: UUID | None = None) -> bool:
    """Correct the stock of one product; False when it would fall below zero."""
    if not Product.objects.filter(id=product_id, stock__gte=-delta).update(stock=F("stock") + delta):
        return False
    insert(*_movements({product_id: delta}, StockMovement.Reason.ADJUSTMENT, note=note, reference=reference))
    return True


def _refusal(product_id: UUID, quantity: int) -> Exception:
    now = Product.objects.filter(id=product_id).values("active", "stock").first()
    if now is None or not now["active"]:
        return OutOfStock(product_id, None)
    # Somebody returned some between the two statements: the whole service may try again.
    return TryAgain() if now["stock"] >= quantity else OutOfStock(product_id, now["stock"])


def _movements(
    deltas: Mapping[UUID, int], reason: StockMovement.Reason, *, note: str = "", reference: UUID | None = None
) -> list[StockMovement]:
    return [
        StockMovement(product_id=id_, delta=delta, reason=reason, note=note, reference=reference)
        for id_, delta in sorted(deltas.items())
    ]
