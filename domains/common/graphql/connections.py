"""Connections: keyset pages with signed cursors."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import strawberry

from domains.common.graphql.types import PUBLIC

DEFAULT_SIZE = 20
MAX_SIZE = 100
T = TypeVar("T")  # Strawberry resolves annotations in the module's namespace, where a type parameter is not

First = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many from the start, 0 to {MAX_SIZE} (else BAD_USER_INPUT); {DEFAULT_SIZE} by default. "
        "Not with `last`."
    ),
]
_OTHERS = "INVALID_CURSOR for one of another list, ordering or filter."
After = Annotated[
    str | None, strawberry.argument(description=f"Only what comes after this cursor (an `endCursor`). {_OTHERS}")
]
Last = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the end, 0 to {MAX_SIZE} (else BAD_USER_INPUT). Not with `first`."),
]
Before = Annotated[
    str | None, strawberry.argument(description=f"Only what comes before this cursor (a `startCursor`). {_OTHERS}")
]


@strawberry.enum(description="The direction of a sort.")
class SortDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="Smallest, first in the alphabet or oldest first.")
    DESC = strawberry.enum_value("DESC", description="Largest, last in the alphabet or newest first.")


@strawberry.type(description="Where a page stands in its list. A page is full unless the list ends.")
class PageInfo:
    visible_to: ClassVar[str] = PUBLIC
    has_next_page: bool = strawberry.field(description="Whether more follows after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before `startCursor`.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first edge, to go on backwards with `before`; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last edge, to go on with `after`; null on an empty page."
    )


@strawberry.type(description="An entity in a list, with its place there.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The entity.")
    cursor: str = strawberry.field(
        description="Its place: opaque, signed, and valid only under the same ordering and filter.",
        metadata={"scope": "signed; the sort key of a row that the viewer sees"},
    )


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The entities of this page with their cursors.")
    nodes: list[T] = strawberry.field(description="The entities of this page, without cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in its list.")

    @strawberry.field(
        description="How many the whole list has under this filter. Counted only when selected; null above 50,000, "
        "which the lists below several entities have together, and above 10,000 under the sort RELEVANCE.",
        metadata={"scope": "of the rows that the viewer sees", "cost": 500},
    )
    def total_count(self, root: strawberry.Parent[Any]) -> int | None:
        count: int | None = root.total_count()
        return count


def given[T](value: T | None) -> T | None:
    """None also for an argument or field that is absent."""
    return None if value is strawberry.UNSET else value
