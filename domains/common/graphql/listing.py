"""Filtered and sorted lists of large tables: a page reads a bounded number of rows, whatever is asked for.

The columns that are filtered for equality lead each sort index, so the rows of one combination of their values stand
sorted in one stretch of an index, and a page is merged from a few of those. The other conditions are met

1. by walking on from the cursor and testing each row, WALK of them: what is common fills a page at once;
2. else by collecting what the index of another condition names, if that is COLLECT rows at most: what is rare;
3. else by a LONG_WALK. What even that cannot fill is a short page, perhaps empty, whose end cursor leads on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import prod
from typing import Any

from django.db.models import QuerySet

from domains.common.graphql.merging import Listing, Rows, Statement
from domains.common.graphql.paging import COUNTED, Key, Ordering, Page, Pager

WALK, LONG_WALK = 2_000, 20_000
COLLECT = (2_000, 20_000)

Way = tuple[Callable[..., str], Callable[[Statement, str], Rows]]  # what names candidates, and how it is read


@dataclass(slots=True)
class Found:
    """The keys of a page and of one row more, in reading order; `end` is how far was read when that is not the end."""

    keys: list[Key] = field(default_factory=list)
    end: Key | None = None


def page_of(rows: QuerySet[Any], listing: Listing, pager: Pager) -> Page:
    """One page of a listing. `rows` is the door: those that the viewer may see."""
    return pages_of(rows, listing, {None: pager})[None]


def pages_of[G](rows: QuerySet[Any], listing: Listing, pagers: Mapping[G, Pager]) -> dict[G, Page]:
    """A page of each group, in two statements. The pagers differ in nothing but what their cursors are bound to."""
    pager = next(iter(pagers.values()))
    found = _find(listing, pager)
    seen = rows.in_bulk([key[1] for one in found.values() for key in one.keys])
    counts = _Counts(listing, pager.ordering)
    return {
        group: own.page(seen, one.keys, end=one.end, count=partial(counts.of, group))
        for group, own in pagers.items()
        for one in [found.get(group, Found())]
    }


def _find(listing: Listing, pager: Pager) -> dict[Any, Found]:
    found = _walk(listing, pager, WALK)
    if all(len(one.keys) > pager.size or one.end is None for one in found.values()):
        return found
    return _collect(listing, pager) or _walk(listing, pager, LONG_WALK)


def _groups(listing: Listing) -> dict[Any, Found]:
    return {group: Found() for group in (listing.among[listing.group] if listing.group else [None])}


def _walk(listing: Listing, pager: Pager, budget: int) -> dict[Any, Found]:
    found, size = _groups(listing), pager.size + 1
    share = max(size, budget // max(1, prod(map(len, listing.among.values()))))
    statement = Statement(listing)
    for group, value, id_, belongs, last in statement.rows(
        statement.walk(pager.reading, pager.bounds, size=size, share=share)
    ):
        one = found[group]
        if one.end is None:  # else: beyond the end of a stream that goes on, where rows of it may be missing
            one.keys += [(value, id_)] if belongs else []
            one.end = (value, id_) if last else None
    return found


def _collect(listing: Listing, pager: Pager) -> dict[Any, Found] | None:
    """None when no index finds few enough."""
    order = pager.reading
    firsts = partial(Statement.first_found, order=order, size=pager.size + 1)
    columns = [column for column in listing.between if column != order.column]
    rows = _gathered(listing, columns, COLLECT, firsts, order=order, bounds=pager.bounds)
    if rows is None:
        return None
    found = _groups(listing)
    for group, value, id_ in rows:
        found[group].keys.append((value, id_))
    return found


def _gathered(
    listing: Listing,
    columns: Iterable[str],
    caps: Iterable[int],
    summary: Callable[..., str],
    *,
    order: Ordering,
    bounds: Sequence[tuple[str, Key]] = (),
) -> Rows | None:
    """What `summary` says of the rows that an index names, the first that names at most so many; None when none does.

    Lookups come last: what the index of a search reads for a common word, before it names a row, has no bound.
    """
    ways: list[Way] = [(partial(Statement.by_range, column=column), Statement.rows) for column in columns]
    ways += [(partial(Statement.by_lookup, lookup=one), Statement.rows_by_index) for one in listing.lookups]
    for cap in caps:
        for named, read in ways:
            statement = Statement(listing)
            source = named(statement, order=order, bounds=bounds, limit=cap + 1)
            rows = read(statement, summary(statement, source, cap=cap))
            if rows[0][0] <= cap:
                return [row[1:] for row in rows if row[-1] is not None]
    return None


class _Counts:
    """The sizes of all groups, counted when the first of them is asked for."""

    def __init__(self, listing: Listing, order: Ordering) -> None:
        self._listing = listing
        self._column = next(iter(listing.between), order.column)

    def of(self, group: Any) -> int | None:
        """None where more rows would have to be read than COUNTED, or than COLLECT when each is to be tested."""
        return None if self._sizes is None else self._sizes.get(group, 0)

    @cached_property
    def _sizes(self) -> dict[Any, int] | None:
        listing, order = self._listing, Ordering(self._column, descending=False)
        columns = dict.fromkeys([*listing.between, self._column])
        caps = COLLECT if listing.lookups or len(columns) > 1 else [COUNTED]
        rows = _gathered(listing, columns, caps, Statement.counted, order=order)
        return None if rows is None else dict(rows)
