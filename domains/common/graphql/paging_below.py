"""A page of the list below each of many parents, in few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, cast
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet

from domains.common.errors import RequestError
from domains.common.graphql import ranking
from domains.common.graphql.listing import NEAR, Listing, tested
from domains.common.graphql.loaders import each
from domains.common.graphql.paging import COUNTED, Page, Pager


def pages_below(
    rows: QuerySet[Any],
    parent: str,
    keys: Sequence[UUID],
    make: Callable[[UUID], Pager],
    listing: Listing = Listing(),  # noqa: B008  # frozen, and says nothing
) -> list[Page | RequestError]:
    """For each parent a page of the list below it, or the error of a client that asked wrongly for it.

    At most three statements, however many parents there are. `rows` are those of `listing`, `parent` is a foreign key
    of theirs. The pagers differ in nothing but what their cursors are bound to.
    """
    pagers = each(keys, make)
    right = {key: found for key, found in pagers.items() if isinstance(found, Pager)}
    pages = _pages(rows, parent, right, listing) if right else {}
    return [pages.get(key) or cast("RequestError", pagers[key]) for key in keys]


def _pages(rows: QuerySet[Any], parent: str, pagers: Mapping[UUID, Pager], listing: Listing) -> dict[UUID, Page]:
    pager = next(iter(pagers.values()))
    search, ranks = listing.searched, pager.ordering.ranks
    below = rows.filter(**{f"{parent}__in": list(pagers)})
    ids = {key: [] for key in pagers} if ranks else _first_ids(rows, parent, list(pagers), pager, listing.probed)
    short = [] if search is None else [key for key in pagers if len(ids[key]) < pager.limit]
    seen = rows.in_bulk([id_ for key, some in ids.items() if key not in short for id_ in some])
    found = {key: [] if key in short else [seen[id_] for id_ in some if id_ in seen] for key, some in ids.items()}
    if short:
        chosen = below.filter(search, **{f"{parent}__in": short})
        if ranks:
            chosen = rows.filter(id__in=ranking.newest_below(chosen, parent)).annotate(relevance=listing.relevance)
        for row in pager.ranked(chosen, by=parent):
            found[getattr(row, f"{parent}_id")].append(row)
    counts = _CountsBelow(below.filter(search or Q()), parent, ranking.MOST if ranks else COUNTED)
    return {key: own.page(found[key], partial(counts.of, key)) for key, own in pagers.items()}


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
        first = rows.filter(tested(search), pk__in=share).order_by(*pager.reading.columns)
    ids = dict(parents.values_list("pk", ArraySubquery(first.values("id"))))
    return {key: (ids.get(key) or [])[: pager.limit] for key in keys}


class _CountsBelow:
    """The sizes of all parents' lists, counted together when the first of them is asked for."""

    def __init__(self, rows: QuerySet[Any], parent: str, most: int) -> None:
        self._rows, self._parent, self._most = rows, parent, most

    def of(self, key: UUID) -> int | None:
        """None for all of them where they have more than `most` rows together."""
        return None if self._sizes is None else self._sizes[key]

    @cached_property
    def _sizes(self) -> Counter[UUID] | None:
        parents = self._rows.order_by().values_list(f"{self._parent}_id", flat=True)
        sizes = Counter(parents[: self._most + 1])
        return sizes if sizes.total() <= self._most else None
