"""Keyset paging: each page reads one stretch of an index, and a cursor is bound to its ordering and filter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, QuerySet, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from domains.common.errors import BadUserInputError, InvalidCursorError

DEFAULT_SIZE = 20
MAX_SIZE = 100


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


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Checked paging arguments."""

    size: int
    backward: bool
    after: str | None
    before: str | None
    scope: str

    @classmethod
    def checked(
        cls, first: int | None, after: str | None, last: int | None, before: str | None, *, scope: object
    ) -> PageRequest:
        """Raises BadUserInputError for `first` with `last`, a negative size or one over MAX_SIZE."""
        if first is not None and last is not None:
            raise BadUserInputError("Use first or last, not both")
        size = first if first is not None else last if last is not None else DEFAULT_SIZE
        if not 0 <= size <= MAX_SIZE:
            raise BadUserInputError(f"first and last are 0 to {MAX_SIZE}")
        digest = hashlib.sha256(orjson.dumps(scope, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
        return cls(size, last is not None, after, before, digest)


@dataclass(slots=True)
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class Edge:
    """A row with its cursor."""

    node: Any
    cursor: str


@dataclass(slots=True)
class Page:
    """The rows of a page in their order."""

    nodes: Sequence[Any]
    edges: list[Edge]
    page_info: PageInfo
    total_count: Callable[[], int] = field(default=lambda: 0)


class Pager:
    """Cuts pages out of lists under one ordering and one request."""

    def __init__(self, request: PageRequest, ordering: Ordering) -> None:
        self.request = request
        self.ordering = ordering
        self._signer = Signer(salt=f"cursor:{ordering.column}:{ordering.descending}:{request.scope}")

    @property
    def reading_order(self) -> list[str]:
        """A page from the end is read backwards and turned round."""
        return (self.ordering.reversed if self.request.backward else self.ordering).columns

    def window[M: Model](self, rows: QuerySet[M]) -> QuerySet[M]:
        """The rows of the page and one more, which tells whether another page follows."""
        if self.request.after:
            rows = rows.filter(self._beyond(rows, self.request.after, ascending=not self.ordering.descending))
        if self.request.before:
            rows = rows.filter(self._beyond(rows, self.request.before, ascending=self.ordering.descending))
        return rows.order_by(*self.reading_order)[: self.request.size + 1]

    def page(self, rows: Sequence[Any], *, count: Callable[[], int]) -> Page:
        """The page made of what `window` read."""
        request = self.request
        more = len(rows) > request.size
        nodes = list(rows[: request.size])
        if request.backward:
            nodes.reverse()
        edges = [Edge(node, self._cursor(node)) for node in nodes]
        info = PageInfo(
            has_next_page=bool(request.before) if request.backward else more,
            has_previous_page=more if request.backward else bool(request.after),
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return Page(nodes, edges, info, count)

    def _cursor(self, row: Any) -> str:
        value = getattr(row, self.ordering.column)
        kept = value.isoformat() if isinstance(value, datetime) else value
        return self._signer.sign_object([kept, row.id.hex], compress=True)

    def _beyond(self, rows: QuerySet[Any], cursor: str, *, ascending: bool) -> TupleGreaterThan | TupleLessThan:
        try:
            value, id_ = self._signer.unsign_object(cursor)
        except (BadSignature, ValueError):
            raise InvalidCursorError from None
        lookup = TupleGreaterThan if ascending else TupleLessThan
        column = rows.model._meta.get_field(self.ordering.column)
        return lookup(Tuple(F(column.name), F("id")), (Value(column.to_python(value)), Value(UUID(id_))))


def paginate[M: Model](rows: QuerySet[M], request: PageRequest, ordering: Ordering) -> Page:
    """One page of a list."""
    pager = Pager(request, ordering)
    return pager.page(list(pager.window(rows)), count=lambda: rows.order_by().count())
