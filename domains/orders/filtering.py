"""Which orders a list holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import ExtractYear
from django.db.models.lookups import Exact

from domains.accounts.filtering import UserQuery
from domains.accounts.models import User
from domains.common.data.searching import begun
from domains.common.graphql.listing import Listing, tested
from domains.common.viewer import Viewer
from domains.orders.models import Order
from domains.payments.models import Payment

_NUMBER = ("year", "serial")
_PAYMENT = ("payment__status__in", "payment__intent_id", "payment_is_open")
_SEARCH = ("words", "email", "begun_from", "begun_until", "serials")


@dataclass(frozen=True, slots=True)
class OrderQuery(Listing):
    """The checked filter of a list of orders: lookups, the parts of a number, and those of a search; None does not
    filter.

    `words` and `email` of a search are as in UserQuery, the others are the parts of a number's beginning.
    `payment_is_open`: all of those states of payments last for days at most.
    """

    status__in: list[str] | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None
    customer_id: UUID | None = None
    payment__status__in: list[str] | None = None
    payment_is_open: bool | None = None
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
        own = (*_NUMBER, *_SEARCH, "payment_is_open")
        lookups = {name: value for name, value in self.given().items() if name not in own}
        states = lookups.pop("payment__status__in", None) if self.payment_is_open else None
        chosen = Order.objects.visible_to(viewer).filter(**lookups)
        if states is not None:
            chosen = chosen.filter(_among(Payment.objects.filter(status__in=states), "payment_id"))
        if self.words is None:
            chosen = chosen.filter(self._numbers)
        if self.serial is not None:
            # The index of the serial finds one row at most, the year is looked at there.
            year = Exact(ExtractYear("created_at", tzinfo=UTC), self.year)
            chosen = chosen.filter(year, serial=self.serial)
        return chosen if self.payment__intent_id is None else chosen.exclude(payment__intent_id="")

    @property
    def searched(self) -> Q | None:
        """What is searched for, in addition: the words of the recipient's name, a customer, or the number."""
        if self.words is None:
            return None
        return self._search(_among(self._customers(), "customer_id"))

    @property
    def probed(self) -> Q | None:
        """The customer of each order is looked at: those that a common word finds may be too many to be listed."""
        if self.words is None:
            return None
        customer = User.objects.filter(id=OuterRef("customer_id")).values(hit=tested(self._people))
        return self._search(Q(Subquery(customer)))

    def _search(self, customer: Q) -> Q:
        delivered = ~Q(recipient_words="")  # as the index says; without it the planner takes a fiftieth for a hit
        return customer | (begun("recipient_words", self.words or ()) & delivered) | self._numbers

    @property
    def _people(self) -> Q:
        return UserQuery(words=self.words, email=self.email).searched or Q()

    def _customers(self) -> QuerySet[User]:
        people = User.objects.filter(self._people)
        return people if self.customer_id is None else people.filter(id=self.customer_id)

    @property
    def _numbers(self) -> Q:
        if self.begun_from is None:
            return Q()
        placed = Q(created_at__gte=self.begun_from, created_at__lt=self.begun_until)
        if self.serials is None:
            return placed
        pairs = zip(self.serials[::2], self.serials[1::2], strict=True)
        ranges = (Order.objects.filter(serial__gte=first, serial__lte=last) for first, last in pairs)
        return placed & reduce(or_, (_among(some, "id") for some in ranges), Q(pk__in=[]))

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to; the same as in the release before for the filters that it knew."""
        conditions = asdict(self)
        number = {name: conditions.pop(name) for name in _NUMBER}
        later = {name: conditions.pop(name) for name in (*_SEARCH, *_PAYMENT)}
        given = {name: value for name, value in later.items() if value is not None}
        return {**conditions, "number": None if self.serial is None else number, **given}


def _among(rows: QuerySet[Any], column: str) -> Q:
    """The ids of these rows are read first, then the orders by an index: the planner cannot tell how many they are, nor
    where they stand, and would walk or read all orders to find them."""
    return Q(**{f"{column}__any": ArraySubquery(rows.values("id"))})
