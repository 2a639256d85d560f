"""Keyset paging: a page is one statement, and a cursor is bound to its list, ordering and filter.

`paginate` cuts a page out of one list, `paginate_each` out of the list below each of many parents. The rows come as the
viewer may see them and filtered; an index that starts with the sort column and the id serves them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from uuid import UUID

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.core.signing import BadSignature, Signer
from django.db.models import BooleanField, Case, F, Field, Model, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import RowNumber

from domains.common.errors import BadUserInputError, InvalidCursorError
from domains.common.graphql.connections import DEFAULT_SIZE, MAX_SIZE, Edge, PageInfo, given

NEAR = 500  # rows that a search tests one by one before it asks its index
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
    def columns(self) -> list[str]:
        sign = "-" if self.descending else ""
        return [f"{sign}{self.column}", f"{sign}id"]


@dataclass(slots=True)
class Page:
    """The rows of a page in their order."""

    nodes: Sequence[Any]
    edges: list[Edge[Any]]
    page_info: PageInfo
    total_count: Callable[[], int | None] = field(default=lambda: 0)


Key = tuple[Any, UUID]


@dataclass(frozen=True, slots=True)
class Pager:
    """Cuts pages out of lists under one ordering: what is asked for, its cursors verified and read."""

    ordering: Ordering
    size: int
    backward: bool
    after: Key | None
    before: Key | None
    salt: str

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
        column: Field[Any, Any] = model._meta.get_field(ordering.column)  # type: ignore[assignment]
        start, end = (_opened(given(cursor), column, salt) for cursor in (after, before))
        return cls(ordering, size, given(last) is not None, start, end, salt)

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
                rows = rows.filter(lookup(pair, (Value(key[0]), Value(key[1]))))
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
        edges = [Edge(node=row, cursor=self._cursor(row)) for row in found[: self.size]]
        more = len(found) > self.size
        if self.backward:
            edges.reverse()
        info = PageInfo(
            has_next_page=self.before is not None if self.backward else more,
            has_previous_page=more if self.backward else self.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return Page([edge.node for edge in edges], edges, info, count)

    def _cursor(self, row: Any) -> str:
        value = getattr(row, self.ordering.column)
        kept = value.isoformat() if isinstance(value, datetime) else value
        return Signer(salt=self.salt).sign_object([kept, row.pk.hex], compress=True)


_ASCENDING = (TupleGreaterThan, TupleLessThan)


def _opened(cursor: str | None, column: Field[Any, Any], salt: str) -> Key | None:
    if cursor is None:
        return None
    try:
        value, id_ = Signer(salt=salt).unsign_object(cursor)
    except (BadSignature, ValueError):
        raise InvalidCursorError from None
    return column.to_python(value), UUID(id_)


def paginate(rows: QuerySet[Any], pager: Pager, search: Q | None = None) -> Page:
    """One page of a list. It is full unless the list ends.

    `search` is one more condition on the rows, whose index knows no order: see `_searched`.
    """
    found = list(pager.window(rows)[: pager.limit]) if search is None else _searched(rows, pager, search)
    return pager.page(found, partial(_count, rows.filter(search or Q())))


def paginate_each(
    rows: QuerySet[Any], parent: str, pagers: Mapping[UUID, Pager], search: Q | None = None
) -> dict[UUID, Page]:
    """A page of the list below each parent, named by its foreign key; at most three statements, however many there are.

    The pagers differ in nothing but what their cursors are bound to. `search` is as in `paginate`.
    """
    pager = next(iter(pagers.values()))
    below = rows.filter(**{f"{parent}__in": list(pagers)})
    ids = _first_ids(rows, parent, list(pagers), pager, search)
    short = [] if search is None else [key for key in pagers if len(ids[key]) < pager.limit]
    seen = rows.in_bulk([id_ for key, some in ids.items() if key not in short for id_ in some])
    found = {key: [] if key in short else [seen[id_] for id_ in some if id_ in seen] for key, some in ids.items()}
    if short:
        for row in pager.ranked(below.filter(search, **{f"{parent}__in": short}), by=parent):
            found[getattr(row, f"{parent}_id")].append(row)
    counts = _CountsBelow(below.filter(search or Q()), parent)
    return {key: own.page(found[key], partial(counts.of, key)) for key, own in pagers.items()}


def _searched(rows: QuerySet[Any], pager: Pager, search: Q) -> list[Any]:
    """What is common stands among the next NEAR rows; else all that the index of the search finds is sorted.

    The planner cannot choose between the two: it takes the beginning of any word for a rather common one, and would
    walk the list to its end for a rare one.
    """
    near = pager.window(rows)[:NEAR].values("id")
    found = list(pager.ranked(rows.filter(_tested(search), pk__in=near)))
    return found if len(found) == pager.limit else list(pager.ranked(rows.filter(search)))


def _first_ids(
    rows: QuerySet[Any], parent: str, keys: list[UUID], pager: Pager, search: Q | None
) -> dict[UUID, list[UUID]]:
    """The ids of the first rows below each parent; under a search of those that stand near, which may be too few."""
    parents = rows.model._meta.get_field(parent).related_model._default_manager.filter(pk__in=keys)
    if search is None:
        first = pager.window(rows.filter(**{parent: OuterRef("pk")}))[: pager.limit]
    else:
        near = pager.window(rows.filter(**{parent: OuterRef(OuterRef("pk"))}))
        share = near[: max(10 * pager.limit, NEAR // len(keys))].values("id")
        first = rows.filter(_tested(search), pk__in=share).order_by(*pager.reading.columns)
    ids = dict(parents.values_list("pk", ArraySubquery(first.values("id"))))
    return {key: (ids.get(key) or [])[: pager.limit] for key in keys}


def _tested(search: Q) -> Case:
    """A condition that is tested row by row: the planner sees no index for it."""
    return Case(When(search, then=Value(True)), default=Value(False), output_field=BooleanField())


def _count(rows: QuerySet[Any]) -> int | None:
    counted = rows.order_by()[: COUNTED + 1].count()
    return counted if counted <= COUNTED else None


class _CountsBelow:
    """The sizes of all parents' lists, counted together when the first of them is asked for."""

    def __init__(self, rows: QuerySet[Any], parent: str) -> None:
        self._rows, self._parent = rows, parent

    def of(self, key: UUID) -> int | None:
        """None for all of them where they have more than COUNTED rows together."""
        return None if self._sizes is None else self._sizes[key]

    @cached_property
    def _sizes(self) -> Counter[UUID] | None:
        parents = self._rows.order_by().values_list(f"{self._parent}_id", flat=True)
        sizes = Counter(parents[: COUNTED + 1])
        return sizes if sizes.total() <= COUNTED else None
