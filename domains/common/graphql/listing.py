"""What a list holds: a filter whose statement is composed once for each choice of its conditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from django.db.models import Q, QuerySet

from domains.common.data.composing import Bound
from domains.common.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Listing:
    """The filter of a list, None for what does not filter; `rows` applies it to those that a viewer may see."""

    def rows(self, viewer: Viewer) -> QuerySet[Any]:
        """Those that the list holds, in no order."""
        raise NotImplementedError

    @property
    def searched(self) -> Q | None:
        """One more condition, whose index knows no order: see `_searched`."""
        return None

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


def _form(value: Any) -> Any:
    return value if isinstance(value, bool) else len(value) if isinstance(value, list) else None


def _bound(name: str, value: Any) -> Any:
    if isinstance(value, list):  # each on its own: PostgreSQL 15 walks no index in order for an array
        return [Bound(f"{name}.{place}") for place in range(len(value))]
    return value if isinstance(value, bool) else Bound(name)
