"""Refunds as staff ask for them: an amount, what comes back, both or neither."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid4

from hypothesis import strategies as st

from domains.orders.models import OrderLine
from domains.orders.services import Return

PARTS = st.sampled_from([None, "1", "2.50", "40"])
# Which line, how many, and whether they are for sale again.
BACK = st.none() | st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), st.booleans()), min_size=1, max_size=2)

type Pieces = list[tuple[int, int, bool]]
type Back = Pieces | None


class Wish(NamedTuple):
    """What refundOrder is asked for, under one key."""

    order_id: UUID
    amount: Decimal | None
    returns: list[Return] | None
    key: UUID

    @classmethod
    def of(cls, order_id: UUID, amount: str | None, back: Back) -> Wish:
        returns = None if back is None else list(_returns(order_id, back))
        return cls(order_id, None if amount is None else Decimal(amount), returns, uuid4())

    def fits(self) -> bool:
        """Whether no more comes back than was sent and has not come back yet."""
        lines = OrderLine.objects.filter(order_id=self.order_id)
        left = {line.id: line.quantity - line.returned_quantity for line in lines}
        for one in self.returns or ():
            left[one.line_id] -= one.quantity
        return min(left.values()) >= 0

    def minor(self) -> int:
        """How much is to be given back at least, in minor units."""
        prices = dict(OrderLine.objects.filter(order_id=self.order_id).values_list("id", "unit_price"))
        price = sum(prices[one.line_id] * one.quantity for one in self.returns or ())
        return price if self.amount is None else int(100 * self.amount)


def _returns(order_id: UUID, back: Pieces) -> Iterator[Return]:
    lines = OrderLine.objects.filter(order_id=order_id).order_by("position")
    for index, pieces, restock in back:
        yield Return(lines[index % len(lines)].id, pieces, restock)
