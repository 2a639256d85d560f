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
    """A product lacks the pieces, or is not for sale (`available` is None then)."""

    def __init__(self, product_id: UUID, available: int | None) -> None:
        super().__init__(str(product_id))
        self.product_id = product_id
        self.available = available


class Good(NamedTuple):
    """What an order line keeps of a product. `price` is in minor units."""

    id: UUID
    name: str
    sku: str
    price: int
    stock: int


def on_sale(ids: Collection[UUID]) -> dict[UUID, Good]:
    """Those that are active."""
    goods = Product.objects.filter(id__in=ids, active=True).values_list("id", "name", "sku", "price", "stock")
    return {good[0]: Good(*good) for good in goods}


def take(quantities: Mapping[UUID, int], *, order_id: UUID, rows: Iterable[BaseModel] = ()) -> None:
    """Sell pieces of active products: the last statements of the caller's transaction, because they lock hot rows.

    Conditional updates in id order: no deadlock between carts, and never below zero. `rows` are new ones to insert
    in one statement with the ledger's. Raises OutOfStock.
    """
    sold = {id_: -pieces for id_, pieces in quantities.items()}
    insert(*rows, *_movements(sold, StockMovement.Reason.ORDER, reference=order_id))
    for product_id in sorted(quantities):
        pieces = quantities[product_id]
        if not change(_SELL, pieces, product_id, pieces):
            raise _refusal(product_id, pieces)


def put_back(quantities: Mapping[UUID, int], *, order_id: UUID) -> None:
    """Return the pieces of a cancelled order, also to products that are not for sale any more."""
    insert(*_movements(quantities, StockMovement.Reason.CANCELLATION, reference=order_id))
    for product_id in sorted(quantities):
        Product.objects.filter(id=product_id).update(stock=F("stock") + quantities[product_id])


def adjust(
    product_id: UUID, delta: int, *, reason: StockMovement.Reason, note: str = "", reference: UUID | None = None
) -> bool:
    """Change the stock of one product by a count or a correction; False when it would fall below zero."""
    if not Product.objects.filter(id=product_id, stock__gte=-delta).update(stock=F("stock") + delta):
        return False
    insert(*_movements({product_id: delta}, reason, note=note, reference=reference))
    return True


def _refusal(product_id: UUID, pieces: int) -> Exception:
    now = Product.objects.filter(id=product_id).values("active", "stock").first()
    if now is None or not now["active"]:
        return OutOfStock(product_id, None)
    # Somebody returned pieces between the two statements: the whole service may try again.
    return TryAgain() if now["stock"] >= pieces else OutOfStock(product_id, now["stock"])


def _movements(
    deltas: Mapping[UUID, int], reason: StockMovement.Reason, *, note: str = "", reference: UUID | None = None
) -> list[StockMovement]:
    return [
        StockMovement(product_id=id_, delta=delta, reason=reason, note=note, reference=reference)
        for id_, delta in sorted(deltas.items())
    ]
