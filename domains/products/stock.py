"""Stock moves only here: in id order, each movement with a row in the ledger.

`stock` is what can be ordered; `reserved` is what open orders hold and was not sent, and moves in the same UPDATE. What
is on the shelf is their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from domains.common.data.models import BaseModel
from domains.common.data.transactions import TryAgain
from domains.common.data.writes import change, insert
from domains.products.models import Product, StockMovement

Reason = StockMovement.Reason

_SELL = """UPDATE products_product SET stock = stock - %s, reserved = reserved + %s
    WHERE id = %s AND active AND stock >= %s"""
# An order that a server of the release before placed during an upgrade may not be among the reserved ones, until they
# are counted anew (`recount_reserved`): that must not keep anybody from cancelling or sending it.
_RELEASE = "UPDATE products_product SET stock = stock + %s, reserved = greatest(reserved - %s, 0) WHERE id = %s"
_CORRECT = """UPDATE products_product AS product SET reserved = reserved + delta
    FROM unnest(%s::uuid[], %s::int[]) AS moved(id, delta) WHERE product.id = moved.id"""


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
    """Sell quantities of active products and reserve them: the last statements of a transaction, as they lock hot rows.

    Conditional updates in id order: no deadlock between carts, and never below zero. `rows` are new ones to insert
    in one statement with the ledger's. Raises OutOfStock.
    """
    sold = {product_id: -quantity for product_id, quantity in quantities.items()}
    insert(*rows, *_movements(sold, Reason.ORDER, reference=order_id))
    for product_id in sorted(quantities):
        quantity = quantities[product_id]
        if not change(_SELL, quantity, quantity, product_id, quantity):
            raise _refusal(product_id, quantity)


def put_back(quantities: Mapping[UUID, int], *, order_id: UUID) -> None:
    """Return what a cancelled order had taken, also of products that are not for sale any more."""
    insert(*_movements(quantities, Reason.CANCELLATION, reference=order_id))
    for product_id in sorted(quantities):
        change(_RELEASE, quantities[product_id], quantities[product_id], product_id)


def send(quantities: Mapping[UUID, int]) -> None:
    """What an order had taken leaves the shelf: it is not reserved any more. No stock moves."""
    for product_id in sorted(quantities):
        change(_RELEASE, 0, quantities[product_id], product_id)


def adjust(product_id: UUID, delta: int, *, note: str = "", reference: UUID | None = None) -> bool:
    """Correct the stock of one product; False when it would fall below zero."""
    if not Product.objects.filter(id=product_id, stock__gte=-delta).update(stock=F("stock") + delta):
        return False
    insert(*_movements({product_id: delta}, Reason.ADJUSTMENT, note=note, reference=reference))
    return True


def correct_reserved(ids: Collection[UUID], held: Callable[[Collection[UUID]], Mapping[UUID, int]]) -> int:
    """Make `reserved` what open orders hold, in the caller's transaction; of how many of these it was something else.

    `held` is asked when the products are locked: an order that moves meanwhile is counted, or moves `reserved` later.
    """
    known = _locked(ids)
    quantities = held(known)
    off = {id_: quantities.get(id_, 0) - reserved for id_, reserved in known.items()}
    deltas = {id_: delta for id_, delta in off.items() if delta}
    return change(_CORRECT, list(deltas), list(deltas.values()))


def _locked(ids: Collection[UUID]) -> dict[UUID, int]:
    """`reserved` of these products, locked in id order."""
    rows = Product.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id")
    return dict(rows.values_list("id", "reserved"))


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
