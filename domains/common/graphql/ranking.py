"""Lists that are sorted by relevance: the newest MOST of what a search finds, the best first.

To know the best row all have to be looked at. So no more than MOST are, and which these are does not depend on the
page. They are found on one of two ways: what is common stands among the newest rows, what is rare is found by the index
of the search. The first NEAR rows tell which; the planner cannot (see `paging._near`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.functions import RowNumber

from domains.common.graphql.listing import NEAR, Listing, tested
from domains.common.viewer import Viewer

if TYPE_CHECKING:
    from domains.common.graphql.paging import Pager

MOST = 10_000  # rows that are ranked; also in the description of `totalCount`
RELEVANCE = "relevance"  # the column, which is made for the page
KIND = IntegerField()
COMMON = 40  # of NEAR rows: from here on walking the newest is quicker, at worst, than asking the index for each word
WALKED = 250_000  # rows, among which MOST of something COMMON lie twice over
NEWEST = ("-created_at", "-id")

type Step = Callable[[Listing, Pager, Viewer], QuerySet[Any]]


def steps(listing: Listing, viewer: Viewer) -> tuple[Step, ...]:
    """How to read a page: a step that finds less than a page is followed by the next."""
    near = listing.rows(viewer).order_by(*NEWEST).values_list(tested(listing.searched or Q()), flat=True)[:NEAR]
    return (_walked, _indexed) if sum(near) >= COMMON else (_indexed,)


def _walked(listing: Listing, pager: Pager, viewer: Viewer) -> QuerySet[Any]:
    """Of MOST rows among the newest; nothing when there are fewer, for then others belong to them."""
    rows = listing.rows(viewer).annotate(hit=tested(listing.searched or Q())).order_by(*NEWEST).values("id", "hit")
    template = (
        "(WITH hits AS MATERIALIZED (SELECT near.id FROM (%(subquery)s) AS near WHERE near.hit LIMIT %(most)s) "
        "SELECT hits.id FROM hits WHERE (SELECT count(*) FROM hits) = %(most)s)"
    )
    return _best(Subquery(rows[:WALKED], template=template, most=MOST), listing, pager, viewer)


def _indexed(listing: Listing, pager: Pager, viewer: Viewer) -> QuerySet[Any]:
    """Of the newest MOST that the index of the search finds."""
    found = listing.rows(viewer).filter(listing.searched or Q()).order_by(_unindexed("created_at").desc(), "-id")
    return _best(Subquery(found.values("id")[:MOST]), listing, pager, viewer)


def _best(ids: Subquery, listing: Listing, pager: Pager, viewer: Viewer) -> QuerySet[Any]:
    rows = listing.rows(viewer).filter(id__in=ids).annotate(**{RELEVANCE: listing.relevance})
    return pager.window(rows)[: pager.limit]


def _unindexed(column: str) -> ExpressionWrapper[Any]:
    """A moment by which no index is walked."""
    return ExpressionWrapper(F(column) + Value(timedelta(0), DurationField()), DateTimeField())


def newest_below(found: QuerySet[Any], parent: str) -> QuerySet[Any]:
    """The ids of the newest MOST below each parent."""
    place = Window(RowNumber(), partition_by=F(parent), order_by=NEWEST)
    newest: QuerySet[Any] = found.annotate(newness=place).filter(newness__lte=MOST).values("id")
    return newest
