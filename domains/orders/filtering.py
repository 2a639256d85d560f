"""Which orders a list holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import ExtractYear
from django.db.models.lookups import Exact

from domains.orders.models import Order, OrderNumber


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """The checked filter of a list of orders: lookups, and a number; None does not filter."""

    status__in: tuple[str, ...] | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None
    customer_id: UUID | None = None
    number: OrderNumber | None = None

    def rows(self, visible: QuerySet[Order]) -> QuerySet[Order]:
        """Those of the rows that a viewer may see which the list holds."""
        lookups = {name: value for name, value in self.scope.items() if value is not None and name != "number"}
        chosen = visible.filter(**lookups)
        if self.number is None:
            return chosen
        # The index of the serial finds one row at most, the year is looked at there.
        return chosen.filter(Exact(ExtractYear("created_at", tzinfo=UTC), self.number.year), serial=self.number.serial)

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to."""
        return asdict(self)
