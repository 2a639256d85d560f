"""Which orders a list holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import ExtractYear
from django.db.models.lookups import Exact

from domains.accounts.filtering import UserQuery
from domains.accounts.models import User
from domains.common.data.searching import begun
from domains.common.graphql.listing import Listing
from domains.common.viewer import Viewer
from domains.orders.models import Order

_NUMBER = ("year", "serial")
_SEARCH = ("words", "email", "begun_from", "begun_until", "serials")


@dataclass(frozen=True, slots=True)
class OrderQuery(Listing):
    """The checked filter of a list of orders: lookups, the parts of a number, and those of a search; None does not
    filter. `words` and `email` of a search are as in UserQuery, the others are the parts of a number's beginning."""

    status__in: list[str] | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None
    customer_id: UUID | None = None
    payment__status__in: list[str] | None = None
    payment__intent_id: str | None = None
    year: int | None = None
    serial: int | None = None
    words: list[str] | None = None
    email: str | None = None
    begun_from: datetime | None = None
    begun_until: datetime | None = None
    serials: list[int] | None = None

    def rows(self, viewer: Viewer) -> QuerySet[Order]:
        """Those that meet all conditions but the search."""
        lookups = {name: value for name, value in self.given().items() if name not in (*_NUMBER, *_SEARCH)}
        chosen = Order.objects.visible_to(viewer).filter(**lookups)
        if self.serial is not None:
            # The index of the serial finds one row at most, the year is looked at there.
            year = Exact(ExtractYear("created_at", tzinfo=UTC), self.year)
            chosen = chosen.filter(year, serial=self.serial)
        return chosen if self.payment__intent_id is None else chosen.exclude(payment__intent_id="")

    @property
    def searched(self) -> Q | None:
        """What is searched for, in addition: the words of the recipient's name, a customer, or the number."""
        found = self._customers.values("id")
        return self._search(Q(customer_id__any=ArraySubquery(found)))

    @property
    def probed(self) -> Q | None:
        """Customers that are many are looked up one by one."""
        return self._search(Q(Exists(self._customers.filter(id=OuterRef("customer_id")))))

    def _search(self, customer: Q) -> Q | None:
        if self.words is None:
            return None
        return customer | begun("recipient_words", self.words) | self._numbers

    @property
    def _customers(self) -> QuerySet[User]:
        search = UserQuery(words=self.words, email=self.email).searched
        return User.objects.filter(search or Q())

    @property
    def _numbers(self) -> Q:
        if self.begun_from is None:
            return Q()
        placed = Q(created_at__gte=self.begun_from, created_at__lt=self.begun_until)
        if self.serials is None:
            return placed
        pairs = zip(self.serials[::2], self.serials[1::2], strict=True)
        ranges = (Q(serial__gte=first, serial__lte=last) for first, last in pairs)
        return placed & reduce(or_, ranges, Q(pk__in=[]))

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to; the same as in the release before for the filters that it knew."""
        conditions = asdict(self)
        number = {name: conditions.pop(name) for name in _NUMBER}
        later = {name: conditions.pop(name) for name in (*_SEARCH, "payment__status__in", "payment__intent_id")}
        given = {name: value for name, value in later.items() if value is not None}
        return {**conditions, "number": None if self.serial is None else number, **given}
