"""How many of each product open orders hold: compared with, and brought into, the products' own count of it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Sum

from domains.common.data.models import NO_ID
from domains.common.data.transactions import retried, short_transaction
from domains.orders.models import OrderLine
from domains.orders.transitions import CANCELLABLE
from domains.products import stock
from domains.products.models import Product

BATCH = 1_000  # products; those that are off are locked for some 10 ms


def held(product_ids: Collection[UUID]) -> dict[UUID, int]:
    """What was ordered of these products and is neither sent nor cancelled; those without any are left out."""
    lines = OrderLine.objects.filter(product_id__in=product_ids, order__status__in=CANCELLABLE)
    return dict(lines.values("product_id").annotate(quantity=Sum("quantity")).values_list("product_id", "quantity"))


def recount_reserved() -> int:
    """Bring `reserved` of all products to what open orders hold; how many were off. Beside a running shop."""
    corrected, last = 0, NO_ID
    while batch := dict(Product.objects.filter(id__gt=last).order_by("id").values_list("id", "reserved")[:BATCH]):
        quantities = held(batch)
        if off := [id_ for id_, reserved in batch.items() if reserved != quantities.get(id_, 0)]:
            corrected += _correct(off)
        last = max(batch)
    return corrected


@retried
def _correct(product_ids: Collection[UUID]) -> int:
    with short_transaction():
        return stock.correct_reserved(product_ids, held)
