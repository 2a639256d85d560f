"""Stock moves only here: in id order, each movement with a row in the ledger.

`stock` is what can be ordered; `reserved` is what open orders hold and was not sent, and moves in the same UPDATE. What
is on the shelf is their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from domains.common.data.models import BaseModel
from domains.common.data.money import rate_in_force
from domains.common.data.prepared import fetch_all
from domains.common.data.transactions import TryAgain
from domains.common.data.writes import change, insert
from domains.products.models import Product, StockMovement

Reason = StockMovement.Reason

_ON_SALE = "SELECT id, name, sku, price, stock, tax_rate FROM products_product WHERE id = ANY(%s) AND active"
# What every movement of several products ends with: all of them are locked in id order before the first one changes.
_IN_ID_ORDER = """FROM (
    SELECT id, quantity FROM products_product JOIN unnest(%s::uuid[], %s::int[]) AS moved(id, quantity) USING (id)
    ORDER BY id FOR NO KEY UPDATE OF products_product
) AS locked WHERE product.id = locked.id"""
_SELL = f"""UPDATE products_product AS product SET stock = stock - quantity, reserved = reserved + quantity
    {_IN_ID_ORDER} AND active AND stock >= quantity RETURNING product.id"""  # noqa: S608  # no value is part of it
# An order that a server of the release before placed during an upgrade may not be among the reserved ones, until they
# are counted anew (`recount_reserved`): that must not keep anybody from cancelling or sending it.
_SEND = f"UPDATE products_product AS product SET reserved = greatest(reserved - quantity, 0) {_IN_ID_ORDER}"  # noqa: S608
_PUT_BACK = _SEND.replace(" SET ", " SET stock = stock + quantity, ", 1)
_RESTOCK = f"UPDATE products_product AS product SET stock = stock + quantity {_IN_ID_ORDER}"  # noqa: S608
_CORRECT = """UPDATE products_product AS product SET reserved = reserved + delta
    FROM unnest(%s::uuid[], %s::int[]) AS moved(id, delta) WHERE product.id = moved.id"""


class OutOfStock(Exception):
    """There is too little of some products: what there is of each, as `shortfall` tells it."""

    def __init__(self, short: Mapping[UUID, int | None]) -> None:
        super().__init__(", ".join(map(str, short)))
        self.short = short


class Offer(NamedTuple):
    """What an order line keeps of a product. `price` is in minor units, the tax rate in force in percent."""

    id: UUID
    name: str
    sku: str
    price: int
    stock: int
    tax_rate: Decimal


def on_sale(ids: Collection[UUID]) -> dict[UUID, Offer]:
    """The active ones of these products, by id."""
    offers = (Offer(*row) for row in fetch_all(_ON_SALE, list(ids)))
    return {offer.id: offer._replace(tax_rate=rate_in_force(offer.tax_rate)) for offer in offers}


def shortfall(quantities: Mapping[UUID, int], available: Mapping[UUID, int]) -> dict[UUID, int | None]:
    """What there is of each product that there is too little of; None when it is not for sale.

    `available` is what there is of those for sale.
    """
    return {id_: available.get(id_) for id_, quantity in quantities.items() if available.get(id_, -1) < quantity}


def take(quantities: Mapping[UUID, int], *, order_id: UUID, rows: Iterable[BaseModel] = ()) -> None:
    """Sell quantities of active products and reserve them: the end of a transaction, as it locks hot rows.

    A conditional update in id order: no deadlock between carts, and never below zero. `rows` are new ones to insert
    in one statement with the ledger's. Raises OutOfStock.
    """
    sold = {product_id: -quantity for product_id, quantity in quantities.items()}
    insert(*_movements(sold, Reason.ORDER, reference=order_id), *rows)
    taken = {id_ for (id_,) in fetch_all(_SELL, *_columns(quantities))}
    if refused := {id_: quantity for id_, quantity in quantities.items() if id_ not in taken}:
        raise _refusal(refused)


def put_back(quantities: Mapping[UUID, int], *, order_id: UUID) -> None:
    """Return what a cancelled order had taken, also of products that are not for sale any more."""
    insert(*_movements(quantities, Reason.CANCELLATION, reference=order_id))
    change(_PUT_BACK, *_columns(quantities))


def send(quantities: Mapping[UUID, int]) -> None:
    """What an order had taken leaves the shelf: it is not reserved any more. No stock moves."""
    change(_SEND, *_columns(quantities))


def restock(quantities: Mapping[UUID, int], *, order_id: UUID) -> None:
    """Put what came back of an order that was sent on sale again: the end of a transaction, as it locks hot rows."""
    insert(*_movements(quantities, Reason.RETURN, reference=order_id))
    change(_RESTOCK, *_columns(quantities))


def adjust(product_id: UUID, delta: int, *, note: str = "", reference: UUID | None = None) -> bool:
    """Correct the stock of one product; False when it would fall below zero."""
    if not Product.objects.filter(id=product_id, stock__gte=-delta).update(stock=F("stock") + delta):
        return False
    insert(*_movements({product_id: delta}, Reason.ADJUSTMENT, note=note, reference=reference))
    return True


def count(product_id: UUID, counted: int, *, note: str, reference: UUID) -> int | None:
    """Make the stock what orders left of `counted` pieces on the shelf, in the caller's transaction.

    Always with a row in the ledger: that somebody counted, and how much it was off. What is `reserved` when that is
    more than was counted: then nothing is written; else None.
    """
    product = Product.objects.select_for_update(no_key=True).only("stock", "reserved").get(id=product_id)
    if counted < product.reserved:
        return product.reserved
    left = counted - product.reserved
    Product.objects.filter(id=product_id).update(stock=left)
    insert(*_movements({product_id: left - product.stock}, Reason.COUNT, note=note, reference=reference))
    return None


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


def _refusal(quantities: Mapping[UUID, int]) -> Exception:
    now = Product.objects.filter(id__in=quantities, active=True).values_list("id", "stock")
    short = shortfall(quantities, dict(now))
    # Somebody returned enough between the two statements: the whole service may try again.
    return OutOfStock(short) if short else TryAgain()


def _columns(quantities: Mapping[UUID, int]) -> tuple[list[UUID], list[int]]:
    return list(quantities), list(quantities.values())


def _movements(
    deltas: Mapping[UUID, int], reason: StockMovement.Reason, *, note: str = "", reference: UUID | None = None
) -> list[StockMovement]:
    return [
        StockMovement(product_id=id_, delta=delta, reason=reason, note=note, reference=reference)
        for id_, delta in sorted(deltas.items())
    ]
