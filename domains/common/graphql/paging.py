"""Keyset paging: each page reads one stretch of an index, and a cursor is bound to its ordering and filter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.core.signing import BadSignature, Signer
from django.db.models import F, Field, Model, QuerySet, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from domains.common.errors import BadUserInputError, InvalidCursorError

DEFAULT_SIZE = 20
MAX_SIZE = 100
COUNTED = 50_000  # rows, of which only entries of one index are read


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
    def of(cls, model: type[Model], request: PageRequest, ordering: Ordering) -> Pager:
        """Raises InvalidCursorError for a cursor of another list, ordering or filter, and for a forged one."""
        salt = f"cursor:{ordering.column}:{ordering.descending}:{request.scope}"
        column: Field[Any, Any] = model._meta.get_field(ordering.column)  # type: ignore[assignment]
        after, before = (_opened(cursor, column, salt) for cursor in (request.after, request.before))
        return cls(ordering, request.size, request.backward, after, before, salt)

    @property
    def reading(self) -> Ordering:
        """A page from the end is read backwards and turned round."""
        return self.ordering.reversed if self.backward else self.ordering

    @property
    def bounds(self) -> list[tuple[str, Key]]:
        """What the pair of sort column and id has to be: ">" or "<" than a key."""
        beyond, short_of = ("<", ">") if self.ordering.descending else (">", "<")
        return [(sign, key) for sign, key in ((beyond, self.after), (short_of, self.before)) if key is not None]

    def page(
        self, rows: Mapping[UUID, Any], keys: Sequence[Key], *, end: Key | None = None, count: Callable[[], int | None]
    ) -> Page:
        """The page of these keys, in reading order; one more than asked for, or an `end`, tell that more may follow.

        `end` is how far the list was read when the page could not be filled: the next page goes on from there.
        """
        more = len(keys) > self.size or end is not None
        shown = [key for key in keys[: self.size] if key[1] in rows]
        reach = [*(key for key in keys[: self.size][-1:]), *([end] if end and len(keys) <= self.size else [])][-1:]
        cursors = [self._cursor(key) for key in (*shown[:1], *reach)]
        edges = [Edge(rows[key[1]], self._cursor(key)) for key in shown]
        start, stop = (cursors[0], cursors[-1]) if cursors else (None, None)
        if self.backward:
            edges.reverse()
            start, stop = stop, start
        info = PageInfo(
            has_next_page=self.before is not None if self.backward else more,
            has_previous_page=more if self.backward else self.after is not None,
            start_cursor=start,
            end_cursor=stop,
        )
        return Page([edge.node for edge in edges], edges, info, count)

    def _cursor(self, key: Key) -> str:
        value, id_ = key
        kept = value.isoformat() if isinstance(value, datetime) else value
        return Signer(salt=self.salt).sign_object([kept, id_.hex], compress=True)


def _opened(cursor: str | None, column: Field[Any, Any], salt: str) -> Key | None:
    if cursor is None:
        return None
    try:
        value, id_ = Signer(salt=salt).unsign_object(cursor)
    except (BadSignature, ValueError):
        raise InvalidCursorError from None
    return column.to_python(value), UUID(id_)


def paginate[M: Model](rows: QuerySet[M], request: PageRequest, ordering: Ordering) -> Page:
    """One page of a list whose every row belongs to it; filtered lists of large tables are in `listing`."""

    def count() -> int | None:
        counted = rows.order_by()[: COUNTED + 1].count()
        return counted if counted <= COUNTED else None

    pager = Pager.of(rows.model, request, ordering)
    lookups = {">": TupleGreaterThan, "<": TupleLessThan}
    pair = Tuple(F(ordering.column), F("id"))
    window = rows.filter(*(lookups[sign](pair, (Value(value), Value(id_))) for sign, (value, id_) in pager.bounds))
    found = list(window.order_by(*pager.reading.columns)[: pager.size + 1])
    keys = [(getattr(row, ordering.column), row.pk) for row in found]
    return pager.page({row.pk: row for row in found}, keys, count=count)
