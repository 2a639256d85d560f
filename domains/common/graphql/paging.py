"""Keyset paging: a page is one statement, and a cursor is bound to its list, ordering and filter.

`paginate` cuts a page out of one list, `pages_below` out of the list below each of many parents. The rows come as the
viewer may see them and filtered; an index that starts with the sort column and the id serves them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import orjson
from django.db.models import Expression, F, Model, Q, QuerySet, Subquery, Value, Window
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import RowNumber

from domains.common.data.composing import Bound
from domains.common.errors import BadUserInputError
from domains.common.graphql import ranking
from domains.common.graphql.connections import DEFAULT_SIZE, MAX_SIZE, given
from domains.common.graphql.cursors import Key, opened, signer
from domains.common.graphql.listing import NEAR, Listing, tested
from domains.common.graphql.loaders import Loaders
from domains.common.graphql.reading import wanted
from domains.common.viewer import Viewer

COUNTED = 50_000  # rows; also in the description of `totalCount`


@dataclass(frozen=True, slots=True)
class Ordering:
    """A column, then the id to break ties, both in one direction."""

    column: str
    descending: bool

    @property
    def reversed(self) -> Ordering:
        return Ordering(self.column, not self.descending)

    @property
    def ranks(self) -> bool:
        """Whether it is by relevance, which no index knows."""
        return self.column == ranking.RELEVANCE

    @property
    def columns(self) -> list[str]:
        sign = "-" if self.descending else ""
        return [f"{sign}{self.column}", f"{sign}id"]


@dataclass(slots=True)
class Cut:
    """An entity of a page; its cursor is signed when somebody asks for it."""

    node: Any
    sign: Callable[[Any], str]

    @property
    def cursor(self) -> str:
        """As `Edge` shows it."""
        return self.sign(self.node)


@dataclass(slots=True)
class Page:
    """The rows of a page in their order; also its own PageInfo."""

    nodes: Sequence[Any]
    sign: Callable[[Any], str]
    has_previous_page: bool
    has_next_page: bool
    total_count: Callable[[], int | None] = field(default=lambda: 0)

    @property
    def edges(self) -> list[Cut]:
        """The rows with their cursors."""
        return [Cut(node, self.sign) for node in self.nodes]

    @property
    def page_info(self) -> Page:
        """Where it stands in its list."""
        return self

    @property
    def start_cursor(self) -> str | None:
        """Of the first row."""
        return self.sign(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """Of the last row."""
        return self.sign(self.nodes[-1]) if self.nodes else None


@dataclass(frozen=True, slots=True)
class Pager:
    """Cuts pages out of lists under one ordering: what is asked for, its cursors verified and read."""

    ordering: Ordering
    size: int
    backward: bool
    after: Key | None
    before: Key | None
    salt: str = field(compare=False)
    model: type[Model]

    @classmethod
    def of(
        cls,
        model: type[Model],
        ordering: Ordering,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        *,
        scope: object,
    ) -> Pager:
        """From the arguments of a connection; `scope` is what its cursors are bound to besides the ordering.

        Raises BadUserInputError for `first` with `last`, a negative size or one over MAX_SIZE, and InvalidCursorError
        for a cursor of another list, ordering or filter, and for a forged one.
        """
        sizes = [size for size in (given(first), given(last)) if size is not None]
        if len(sizes) == 2:
            raise BadUserInputError("Use first or last, not both")
        (size,) = sizes or [DEFAULT_SIZE]
        if not 0 <= size <= MAX_SIZE:
            raise BadUserInputError(f"first and last are 0 to {MAX_SIZE}")
        digest = hashlib.sha256(orjson.dumps(scope, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
        salt = f"cursor:{ordering.column}:{ordering.descending}:{digest}"
        column: Any = ranking.KIND if ordering.ranks else model._meta.get_field(ordering.column)
        start, end = (opened(given(cursor), column, salt) for cursor in (after, before))
        return cls(ordering, size, given(last) is not None, start, end, salt, model)

    def bound(self) -> Pager:
        """The same with a Bound for each value of a cursor."""
        after, before = (getattr(self, name) and (Bound(f"{name}.key"), Bound(f"{name}.id")) for name in _CURSORS)
        return replace(self, after=after, before=before)

    def values(self) -> dict[str, Any]:
        """What `bound` stands for."""
        keys = {name: key for name in _CURSORS if (key := getattr(self, name))}
        parts = {f"{name}.key": key for name, (key, _) in keys.items()}
        return parts | {f"{name}.id": id_ for name, (_, id_) in keys.items()}

    @property
    def shape(self) -> tuple[Any, ...]:
        """What a statement depends on."""
        return (self.ordering, self.size, self.backward, self.after is None, self.before is None)

    @property
    def reading(self) -> Ordering:
        """A page from the end is read backwards and turned round."""
        return self.ordering.reversed if self.backward else self.ordering

    def window(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows between the cursors, in reading order."""
        beyond, short_of = (TupleLessThan, TupleGreaterThan) if self.ordering.descending else _ASCENDING
        pair = Tuple(F(self.ordering.column), F("id"))
        for lookup, key in ((beyond, self.after), (short_of, self.before)):
            if key is not None:
                rows = rows.filter(lookup(pair, tuple(map(_value, key))))
        return rows.order_by(*self.reading.columns)

    def ranked(self, rows: QuerySet[Any], by: str | None = None) -> QuerySet[Any]:
        """The first `limit` of a window, or of the window of each `by`: all of it is read and sorted."""
        place = Window(RowNumber(), partition_by=by and F(by), order_by=self.reading.columns)
        ranked: QuerySet[Any] = self.window(rows).annotate(place=place).filter(place__lte=self.limit)
        return ranked

    @property
    def limit(self) -> int:
        """One more than asked for: it tells whether more follows."""
        return self.size + 1

    def page(self, found: Sequence[Any], count: Callable[[], int | None]) -> Page:
        """The page of these rows of a window, `limit` at most."""
        rows, more = list(found[: self.size]), len(found) > self.size
        if self.backward:
            rows.reverse()
            return Page(rows, signer(self.salt, self.ordering.column), more, self.before is not None, count)
        return Page(rows, signer(self.salt, self.ordering.column), self.after is not None, more, count)


_ASCENDING = (TupleGreaterThan, TupleLessThan)
_CURSORS = ("after", "before")


def _value(part: Any) -> Expression:
    return part if isinstance(part, Bound) else Value(part)


def paginate(loaders: Loaders, listing: Listing, pager: Pager) -> Page:
    """One page of a list. It is full unless the list ends."""
    viewer, search = loaders.viewer, listing.searched
    read = partial(
        wanted(loaders.plan, pager.model, pager.ordering.column).read,
        viewer=viewer,
        values={**listing.values(), **pager.values()},
        prepared=not listing.given(),
    )
    found: list[Any] = []
    for step in _steps(listing, pager, viewer):
        if len(found) < pager.limit:
            found = read((step, listing.shape, pager.shape), rows=partial(_bound, step, listing, pager))
    most = ranking.MOST if pager.ordering.ranks else COUNTED
    return pager.page(found, lambda: _count(listing.rows(viewer).filter(search or Q()), most))


def _steps(listing: Listing, pager: Pager, viewer: Viewer) -> tuple[ranking.Step, ...]:
    if pager.ordering.ranks:
        return ranking.steps(listing, viewer)
    return (_window,) if listing.searched is None else (_near, _all)


def _bound(step: Callable[..., QuerySet[Any]], listing: Listing, pager: Pager, viewer: Viewer) -> QuerySet[Any]:
    return step(listing.bound(), pager.bound(), viewer)


def _window(listing: Listing, pager: Pager, viewer: Viewer) -> QuerySet[Any]:
    return pager.window(listing.rows(viewer))[: pager.limit]


def _near(listing: Listing, pager: Pager, viewer: Viewer) -> QuerySet[Any]:
    """Those of the next NEAR rows that a search finds: what is common stands there.

    The planner cannot choose between this and `_all`: it takes the beginning of any word for a rather common one, and
    would walk the list to its end for a rare one. The rows are tested one by one, until there are enough.
    """
    rows = listing.rows(viewer)
    near = pager.window(rows.annotate(hit=tested(listing.probed or Q())))[:NEAR].values("id", "hit")
    first = "(SELECT near.id FROM (%(subquery)s) AS near WHERE near.hit LIMIT %(most)s)"
    return rows.filter(id__in=Subquery(near, template=first, most=pager.limit)).order_by(*pager.reading.columns)


def _all(listing: Listing, pager: Pager, viewer: Viewer) -> QuerySet[Any]:
    """All that the index of the search finds is sorted. The limit tells the planner how few rows follow from that."""
    rows = listing.rows(viewer)
    first = pager.ranked(rows.filter(listing.searched or Q())).values("id")[: pager.limit]
    return rows.filter(id__in=first).order_by(*pager.reading.columns)


def _count(rows: QuerySet[Any], most: int) -> int | None:
    counted = rows.order_by()[: most + 1].count()
    return counted if counted <= most else None
