"""What comes back of an order that was sent: counted on its lines, and put on sale again."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from domains.common.data.transactions import TryAgain
from domains.common.data.writes import change, insert
from domains.common.errors import FieldErrorCode
from domains.common.validation import Problems
from domains.orders.models import OrderLine, ReturnedLine
from domains.orders.services import events
from domains.products import stock

_COUNT = """UPDATE orders_orderline AS line
    SET returned_quantity = returned_quantity + back.quantity, updated_at = statement_timestamp()
    FROM unnest(%s::uuid[], %s::int[]) AS back(id, quantity)
    WHERE line.id = back.id AND returned_quantity + back.quantity <= line.quantity"""


@dataclass(frozen=True, slots=True)
class Return:
    """Pieces of a line that come back. `line_id` is NO_ID when the id sent was not that of a line."""

    line_id: UUID
    quantity: int
    restock: bool


class Returns:
    """The checked input: lines of one order, and positive quantities that are added up."""

    def __init__(self, order_id: UUID, wanted: Sequence[Return]) -> None:
        """Raises ValidationError; how many may still come back is looked at later, see `count`."""
        self._order_id, self._wanted = order_id, wanted
        self._lines = {line.id: line for line in OrderLine.objects.filter(order_id=order_id)}
        problems = Problems()
        if not 1 <= len(wanted) <= settings.ORDER_MAX_LINES:
            code = FieldErrorCode.TOO_LONG if wanted else FieldErrorCode.REQUIRED
            problems.add("returns", message=f"Name 1 to {settings.ORDER_MAX_LINES} lines", code=code)
            problems.check()
        for index, one in enumerate(wanted):
            if one.line_id not in self._lines:
                message = "This is not the id of a line of the order"
                problems.add("returns", str(index), "orderLineId", message=message, code=FieldErrorCode.UNKNOWN)
            if one.quantity < 1:
                message = "At least one must come back"
                problems.add("returns", str(index), "quantity", message=message, code=FieldErrorCode.TOO_SMALL)
        problems.check()
        self._quantities = Counter[tuple[UUID, bool]]()  # by line, and whether they are put on sale again
        for one in wanted:
            self._quantities[one.line_id, one.restock] += one.quantity

    @property
    def price(self) -> int:
        """What was paid for them, in minor units."""
        return sum(self._lines[one.line_id].unit_price * one.quantity for one in self._wanted)

    @property
    def canonical(self) -> list[tuple[str, bool, int]]:
        """The same whatever their order and however quantities were spread over them."""
        return sorted((str(line_id), again, quantity) for (line_id, again), quantity in self._quantities.items())

    @property
    def _by_line(self) -> Counter[UUID]:
        by_line = Counter[UUID]()
        for (line_id, _), quantity in self._quantities.items():
            by_line[line_id] += quantity
        return by_line

    def count(self, operation_id: UUID) -> None:
        """Write them down in the caller's transaction, which has locked the order. Raises ValidationError."""
        self._check_left()
        by_line = self._by_line
        if change(_COUNT, list(by_line), list(by_line.values())) < len(by_line):
            raise TryAgain
        insert(
            *(
                ReturnedLine(line_id=line_id, operation_id=operation_id, quantity=quantity, restocked=again)
                for (line_id, again), quantity in self._quantities.items()
            )
        )

    def note(self, *, actor_id: UUID | None) -> None:
        """Add them to the order's history."""
        pieces = (f"{quantity} x {self._lines[id_].product_name}" for id_, quantity in self._by_line.items())
        message = textwrap.shorten(f"Came back: {', '.join(pieces)}", 300, placeholder=" ...")
        events.note(self._order_id, events.Type.RETURNED, message, actor=events.Actor.STAFF, actor_id=actor_id)

    def restock(self) -> None:
        """Put on sale again what shall be: the end of the caller's transaction, as it locks hot rows."""
        quantities = Counter[UUID]()
        for (line_id, again), quantity in self._quantities.items():
            if again:
                quantities[self._lines[line_id].product_id] += quantity
        if quantities:
            stock.restock(quantities, order_id=self._order_id)

    def _check_left(self) -> None:
        lines = OrderLine.objects.filter(order_id=self._order_id)
        left = {line.id: line.quantity - line.returned_quantity for line in lines}
        problems, taken = Problems(), Counter[UUID]()
        for index, one in enumerate(self._wanted):
            taken[one.line_id] += one.quantity
            if taken[one.line_id] > (most := left[one.line_id]):
                message = f"Of this line {most} can still come back"
                problems.add("returns", str(index), "quantity", message=message, code=FieldErrorCode.TOO_LARGE)
        problems.check()
