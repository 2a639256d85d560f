"""What we hold of people: each domain says in its `personal.py`, beside its models, which columns those are.

There `HOLDINGS` tell what an export shows and what an erasure replaces or deletes, `IMPERSONAL` names the texts that
say nothing of people (a test finds a column that is in neither), and `obstacles` tells what an erasure waits for. A
person is known by the id of their account: domains that come later know those that come earlier, never the reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Model, Q, QuerySet, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from domains import modules
from domains.common.data.models import NO_ID
from domains.common.data.money import to_major

BATCH = 100  # rows of an export that are in memory at once
_AGE = Tuple("created_at", "id")

type Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows of one table that are about a person: `of` is the column, followed over relations, that has their id, or
    makes a condition of it.

    `name` and `show` make a list of an export, of rows as `read` selects them; without these the rows are secrets, or
    shown within others. `erased` says what their columns become, by a value, an expression, or a function of the
    person's id; None: the rows are deleted.
    """

    model: type[Model]
    of: str | Callable[[UUID], Q]
    name: str = ""
    show: Callable[[Any], Shown] | None = None
    read: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    erased: Mapping[str, Any] | None = None
    staff: Collection[str] = ()  # of what is shown: for who answers for the shop, not for the person at once

    def rows(self, person_id: UUID) -> QuerySet[Any]:
        """Those of this person."""
        condition = self.of(person_id) if callable(self.of) else Q((self.of, person_id))
        return self.model._default_manager.filter(condition)

    def erase(self, person_id: UUID) -> int:
        """In the caller's transaction; how many rows."""
        rows = self.rows(person_id)
        if self.erased is None:
            return rows.delete()[0]
        return rows.update(**{name: new(person_id) if callable(new) else new for name, new in self.erased.items()})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What an erasure waits for: a code for programs, how many of them, and what to do, for people."""

    code: str
    count: int
    message: str


class Position(NamedTuple):
    """The list of an export and the row in it that was shown last, by age: by that a person's rows are indexed."""

    name: str
    created_at: datetime
    id: UUID


START = Position("", datetime.min.replace(tzinfo=UTC), NO_ID)


def holdings() -> list[Holding]:
    """Those of all domains, in their order."""
    return [holding for module in modules("personal") for holding in module.HOLDINGS]


def names() -> list[str]:
    """The lists of an export, in their order."""
    return [holding.name for holding in holdings() if holding.show]


def records(person_id: UUID, after: Position = START, *, for_staff: bool = False) -> Iterator[tuple[Position, Shown]]:
    """All that is held of the person, row by row; or what follows `after`, as `names` go on from its name.

    Without what is for staff alone, unless it is `for_staff`.
    """
    shown = [holding for holding in holdings() if holding.show]
    known = names()
    for holding in shown[known.index(after.name) if after.name in known else 0 :]:
        assert holding.show is not None
        all_ = holding.read(holding.rows(person_id)).order_by("created_at", "id")
        last = after if holding.name == after.name else START
        while rows := list(all_.filter(TupleGreaterThan(_AGE, tuple(map(Value, last[1:]))))[:BATCH]):
            for row in rows:
                last = Position(holding.name, row.created_at, row.id)
                hidden = () if for_staff else holding.staff
                yield last, {name: value for name, value in holding.show(row).items() if name not in hidden}


def obstacles(person_ids: Collection[UUID]) -> dict[UUID, list[Obstacle]]:
    """What their erasure waits for; an empty list for nothing."""
    found: dict[UUID, list[Obstacle]] = {person_id: [] for person_id in person_ids}
    for module in modules("personal"):
        for person_id, obstacle in module.obstacles(found) if hasattr(module, "obstacles") else ():
            found[person_id].append(obstacle)
    return found


def erase(person_id: UUID) -> list[tuple[Holding, int]]:
    """Replace or delete all that is held of the person, in the caller's transaction; what, and how many rows.

    Later domains first: which rows of theirs are meant is read from those of the earlier.
    """
    reversed_ = [holding for module in reversed(modules("personal")) for holding in module.HOLDINGS]
    return [(holding, holding.erase(person_id)) for holding in reversed_]


def columns(*names: str) -> Callable[[Any], Shown]:
    """Shows these columns or properties of a row, named as the API names them."""
    return lambda row: {camel(name): getattr(row, name) for name in names}


def amounts(row: Any, *names: str) -> Shown:
    """Columns of minor units in major ones, with their currency."""
    return {"currency": row.currency} | {camel(name): str(to_major(getattr(row, name), row.currency)) for name in names}


def camel(name: str) -> str:
    """A column's name as the API would have it."""
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


def listed(rows: Iterable[Any], show: Callable[[Any], Shown]) -> list[Shown]:
    """Rows within another's."""
    return [show(row) for row in rows]
