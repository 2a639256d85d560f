"""The statements behind bounded lists: PostgreSQL merges streams, stretches of an index that are sorted already."""

# ruff: noqa: S608  names come from models, and every value is a parameter
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from domains.common.graphql.paging import Key, Ordering

Rows = list[tuple[Any, ...]]
Bounds = Sequence[tuple[str, Key]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A condition with an index of its own; `%s` in it stands for each of the values."""

    condition: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a table that have one of the values in each of `among`, are `between` bounds and meet `lookups`.

    `among` names the leading columns of one index for each sort, in their order; `between` has bounds, operator and
    value, of columns that are sorts; with `group`, a column of `among`, each of its values has a list of its own.
    """

    model: type[Model]
    among: Mapping[str, Sequence[Any]]
    between: Mapping[str, Sequence[tuple[str, Any]]]
    lookups: Sequence[Lookup] = ()
    group: str | None = None


class Statement:
    """One SELECT over a listing. Values become parameters where they are written."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._values: dict[str, Any] = {}

    def rows(self, sql: str) -> Rows:
        """What it finds."""
        with connection.cursor() as cursor:
            cursor.execute(sql, self._values)
            found: Rows = cursor.fetchall()
            return found

    def rows_by_index(self, sql: str) -> Rows:
        """What it finds without ever reading the table from end to end, however many rows the planner expects."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(sql, self._values)
            found: Rows = cursor.fetchall()
            return found

    def walk(self, order: Ordering, bounds: Bounds, *, size: int, share: int) -> str:
        """The first `size` of each group in order, out of the first `share` of each stream, whose last comes along.

        Rows of (group, sort value, id, whether it belongs to the list, whether a stream was read no further).
        """
        last = f"row_number() OVER ({self._by(order)}) = {share} AS last"
        columns = ", ".join([self._first, self._columns(order), f"{self._holds(but=order.column)} AS ok", last])
        stream = f"SELECT {columns} {self._stretch(order, bounds, limit=share)}"
        key = Ordering("sort", order.descending)
        kept = f"SELECT grp, sort, id, ok, last FROM ({stream}) w WHERE ok OR last {self._by(key)} LIMIT {size}"
        return f"{self._merged(kept, f'{_by(key)} LIMIT {size}')} {_by(key)}"

    def first_found(self, source: str, order: Ordering, *, size: int, cap: int) -> str:
        """Of `source`, the first `size` of each group in order, after its own size: (n, group, sort, id)."""
        by = _by(Ordering("sort", order.descending))
        ranked = f"SELECT *, row_number() OVER (PARTITION BY grp {by}) AS place FROM found WHERE ok"
        firsts = f"SELECT grp, sort, id FROM ({ranked}) r WHERE place <= {size}"
        return f"{_summary(source, firsts, cap)} {by}"

    def counted(self, source: str, *, cap: int) -> str:
        """How many of `source` belong to the list, by group, after its own size: (n, group, count)."""
        return _summary(source, "SELECT grp, count(*) FROM found WHERE ok GROUP BY grp", cap)

    def by_lookup(self, lookup: Lookup, order: Ordering, bounds: Bounds, *, limit: int) -> str:
        """Rows that the index of a lookup finds: group, sort, id, and whether they belong to the list."""
        ok = f"{self._holds()} AND {self._among()} AND {self._beyond(order, bounds)}"
        return (
            f"SELECT {self._columns(order)}, {ok} AS ok FROM {self._table} WHERE {self._lookup(lookup)} LIMIT {limit}"
        )

    def by_range(self, column: str, order: Ordering, bounds: Bounds, *, limit: int) -> str:
        """The same through the index of a column with bounds."""
        ok = f"{self._holds(but=column)} AND {self._beyond(order, bounds)}"
        stretch = self._stretch(Ordering(column, descending=False), (), limit=limit)
        stream = f"SELECT {self._columns(order)}, {ok} AS ok {stretch}"
        return f"{self._merged(stream, f'LIMIT {limit}')} LIMIT {limit}"

    @property
    def _table(self) -> str:
        return f'"{self._listing.model._meta.db_table}"'

    def _bind(self, value: Any) -> str:
        name = f"v{len(self._values)}"
        self._values[name] = value
        return f"%({name})s"

    def _array(self, column: str) -> str:
        field = self._listing.model._meta.get_field(column)
        return f"{self._bind(list(self._listing.among[column]))}::{field.db_type(connection)}[]"

    def _columns(self, order: Ordering) -> str:
        group = f'"{self._listing.group}"' if self._listing.group else "NULL"
        return f'{group} AS grp, "{order.column}" AS sort, "id"'

    @property
    def _first(self) -> str:
        return f'"{next(iter(self._listing.among))}"'

    def _by(self, order: Ordering) -> str:
        """The order of an index. No other index has it, so the planner cannot take one that reads on and on."""
        way = "DESC" if order.descending else "ASC"
        return f"ORDER BY {', '.join(f'{name} {way}' for name in (self._first, f'"{order.column}"', '"id"'))}"

    def _stretch(self, order: Ordering, bounds: Bounds, *, limit: int) -> str:
        """The part of a stream within bounds and beyond cursors, in order.

        The planner must neither drop the first column from the order, as it does with what equals a value, nor see the
        limit: sorting a stream would seem cheap to it where it takes all streams for as short as the average.
        """
        first, *others = self._listing.among
        within = [f'"{first}" = ANY (ARRAY["of_{first}".value])']
        within += [f'"{column}" = "of_{column}".value' for column in others]
        ends: dict[str, str] = {}  # a cursor lies within the bounds, because it is bound to the filter
        for sign, value in self._listing.between.get(order.column, ()):
            ends[sign[0]] = f'"{order.column}" {sign} {self._bind(value)}'
        for sign, (value, id_) in bounds:
            ends[sign] = f'("{order.column}", "id") {sign} ({self._bind(value)}, {self._bind(id_)})'
        within += ends.values()
        return f"FROM {self._table} WHERE {' AND '.join(within)} {self._by(order)} LIMIT (SELECT {limit})"

    def _merged(self, stream: str, tail: str) -> str:
        """A stream for each combination of values, cut by `tail` for each group."""
        sources = {name: f'unnest({self._array(name)}) AS "of_{name}"(value)' for name in self._listing.among}
        group = sources.pop(self._listing.group or "", "(SELECT) AS alone")
        streams = ", ".join([*sources.values(), f"LATERAL ({stream}) s"])
        return f"SELECT m.* FROM {group}, LATERAL (SELECT s.* FROM {streams} {tail}) m"

    def _holds(self, *, but: str = "") -> str:
        """The conditions that no stream and not the column `but` answers."""
        ranges = [self._bounded(column) for column in self._listing.between if column != but]
        return " AND ".join([*ranges, *(self._lookup(lookup) for lookup in self._listing.lookups)]) or "TRUE"

    def _among(self) -> str:
        return " AND ".join(f'"{column}" = ANY({self._array(column)})' for column in self._listing.among)

    def _bounded(self, column: str) -> str:
        bounds = self._listing.between.get(column, ())
        return " AND ".join(f'"{column}" {sign} {self._bind(value)}' for sign, value in bounds) or "TRUE"

    def _beyond(self, order: Ordering, bounds: Bounds) -> str:
        pairs = (f"{sign} ({self._bind(value)}, {self._bind(id_)})" for sign, (value, id_) in bounds)
        return " AND ".join(f'("{order.column}", "id") {pair}' for pair in pairs) or "TRUE"

    def _lookup(self, lookup: Lookup) -> str:
        return lookup.condition % tuple(self._bind(value) for value in lookup.values)


def _by(order: Ordering) -> str:
    way = "DESC" if order.descending else "ASC"
    return f'ORDER BY "{order.column}" {way}, "id" {way}'


def _summary(source: str, found: str, cap: int) -> str:
    size = "(SELECT count(*) AS n FROM found) c"
    return f"WITH found AS MATERIALIZED ({source}) SELECT n, s.* FROM {size} LEFT JOIN ({found}) s ON n <= {cap}"
