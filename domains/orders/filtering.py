"""Which orders a list holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import ExtractYear
from django.db.models.lookups import Exact

from domains.common.graphql.listing import Listing
from domains.common.viewer import Viewer
from domains.orders.models import Order


@dataclass(frozen=True, slots=True)
class OrderQuery(Listing):
    """The checked filter of a list of orders: lookups, and the two parts of a number; None does not filter."""

    status__in: list[str] | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None
    customer_id: UUID | None = None
    year: int | None = None
    serial: int | None = None

    def rows(self, viewer: Viewer) -> QuerySet[Order]:
        """Those that meet all conditions."""
        lookups = self.given()
        year = lookups.pop("year", None)
        chosen = Order.objects.visible_to(viewer).filter(**lookups)
        # The index of the serial finds one row at most, the year is looked at there.
        return chosen if year is None else chosen.filter(Exact(ExtractYear("created_at", tzinfo=UTC), year))

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to."""
        conditions = asdict(self)
        number = {name: conditions.pop(name) for name in ("year", "serial")}
        return {**conditions, "number": None if self.serial is None else number}
