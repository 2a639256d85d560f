"""What a list holds: a filter whose statement is composed once for each choice of its conditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from django.db.models import BooleanField, Case, Expression, Q, QuerySet, Value, When

from domains.common.data.composing import Bound
from domains.common.viewer import Viewer

NEAR = 500  # rows that a search tests one by one before it asks its index


@dataclass(frozen=True, slots=True)
class Listing:
    """The filter of a list, None for what does not filter; `rows` applies it to those that a viewer may see."""

    def rows(self, viewer: Viewer) -> QuerySet[Any]:
        """Those that the list holds, in no order."""
        raise NotImplementedError

    @property
    def searched(self) -> Q | None:
        """One more condition, whose index knows no order: see `paging._near`."""
        return None

    @property
    def relevance(self) -> Expression | None:
        """How well a row fits what is searched for, a whole number; of lists that are sorted by it: see `ranking`."""
        return None

    @property
    def probed(self) -> Q | None:
        """`searched` as it is cheapest to test row by row, where that is another condition."""
        return self.searched

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to."""
        return asdict(self)

    def given(self) -> dict[str, Any]:
        """The conditions that there are."""
        conditions = {column.name: getattr(self, column.name) for column in fields(self)}
        return {name: value for name, value in conditions.items() if value is not None}

    @property
    def shape(self) -> tuple[Any, ...]:
        """What a statement depends on: which conditions there are, truths (they choose an index), lengths of lists."""
        return (type(self), *((name, _form(value)) for name, value in self.given().items()))

    def bound(self) -> Self:
        """The same with a Bound for each value."""
        return replace(self, **{name: _bound(name, value) for name, value in self.given().items()})

    def values(self) -> dict[str, Any]:
        """What `bound` stands for."""
        lists = {name: value for name, value in self.given().items() if isinstance(value, list)}
        return self.given() | {f"{name}.{place}": one for name, some in lists.items() for place, one in enumerate(some)}


def tested(search: Q) -> Case:
    """A condition that is tested row by row: the planner sees no index for it."""
    return Case(When(search, then=Value(True)), default=Value(False), output_field=BooleanField())


def _form(value: Any) -> Any:
    return value if isinstance(value, bool) else len(value) if isinstance(value, list) else None


def _bound(name: str, value: Any) -> Any:
    if isinstance(value, list):  # each on its own: PostgreSQL 15 walks no index in order for an array
        return [Bound(f"{name}.{place}") for place in range(len(value))]
    return value if isinstance(value, bool) else Bound(name)
