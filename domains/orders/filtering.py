"""Which orders a list holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domains.common.graphql.merging import Listing, Lookup
from domains.common.viewer import Viewer
from domains.orders.models import Order, OrderNumber

# The index of the serial finds one row at most, the year is looked at there.
_NUMBERED = """"serial" = %s AND extract(year FROM "created_at" AT TIME ZONE 'UTC') = %s"""


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """The checked filter of a list of orders; None does not filter."""

    status: tuple[str, ...] | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    customer_id: UUID | None = None
    number: OrderNumber | None = None

    def listing(self, viewer: Viewer) -> Listing:
        """The orders that the viewer may see under this filter."""
        customers = {self.customer_id, None if viewer.is_staff else viewer.user_id} - {None}
        among: dict[str, Sequence[Any]] = {}
        if customers:  # those of two people at once are nobody's
            among["customer_id"] = list(customers) if len(customers) == 1 else []
        among["status"] = Order.Status.values if self.status is None else sorted(set(self.status))
        ends = [(">", self.created_after), ("<", self.created_before)]
        bounds = [(sign, moment) for sign, moment in ends if moment is not None]
        number = [] if self.number is None else [Lookup(_NUMBERED, (self.number.serial, self.number.year))]
        return Listing(Order, among, {"created_at": bounds} if bounds else {}, number)

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to."""
        return asdict(self)
