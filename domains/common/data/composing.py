"""Statements that the ORM composes once, and that are bound and run again and again; their rows are light.

The ORM takes longer to write a statement than PostgreSQL to run it. Here a queryset is compiled once with a `Bound` in
place of each value that differs from call to call. Its rows are tuples with names, not model instances: they have the
columns that were asked for and the properties of the model, and cannot be saved.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Field, ForeignObject, Lookup, Model, QuerySet

from domains.common.data.prepared import fetch_all
from domains.common.viewer import ANONYMOUS, Viewer

KEPT = 50  # statements of one cache


class Bound(Expression):
    """A value that is given when the statement runs, under this name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A placeholder for itself."""
        return "%s", (self,)


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup):
    """`id__any=`: equal to one of an array. One statement for lists of every length, where IN has one for each."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """As PostgreSQL writes it."""
        left, parameters = self.process_lhs(compiler, connection)
        right, values = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", [*parameters, *values]

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        """An array, as it is."""
        return "%s", [value]


def kind_of(viewer: Viewer) -> Viewer:
    """Stands for all viewers that see by the same rules, in statements that are composed for them."""
    return _KINDS[viewer.is_authenticated, viewer.is_staff]


def bound_by(viewer: Viewer) -> dict[str, Any]:
    """The values of `kind_of(viewer)`."""
    return {"viewer.user_id": viewer.user_id, "viewer.session_id": viewer.session_id}


_SOMEBODY: Any = {"user_id": Bound("viewer.user_id"), "session_id": Bound("viewer.session_id")}
_KINDS = {(True, staff): Viewer(**_SOMEBODY, is_staff=staff) for staff in (False, True)} | {(False, False): ANONYMOUS}


class Statements:
    """The statements of one purpose, by their shape."""

    def __init__(self) -> None:
        self._statements: dict[Hashable, Statement] = {}

    def get(self, shape: Hashable, compose: Callable[[], Statement]) -> Statement:
        """The statement of this shape. Threads may compose it side by side; one of them is kept."""
        if (statement := self._statements.get(shape)) is None:
            if len(self._statements) >= KEPT:
                self._statements.clear()
            statement = self._statements[shape] = compose()
        return statement


class Statement:
    """A queryset's SQL, and the class of its rows."""

    def __init__(self, rows: QuerySet[Any], row: type[Any], *, prepared: bool = True) -> None:
        """`rows` are `values_list` of the columns of `row`. `prepared`: its plan does not depend on what is bound.

        Raises TypeError for a moment that is no Bound: it would be the same for ever.
        """
        self._row: Callable[[Sequence[Any]], Any] = partial(tuple.__new__, row)
        self._prepared = prepared
        try:
            self._sql, parameters = rows.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:  # Django knows that no row meets it
            self._sql, parameters = "", ()
        self._parameters = tuple(parameters)
        if any(isinstance(value, datetime) for value in parameters):
            raise TypeError(f"a moment is part of a statement that is kept: {self._sql}")

    def fetch(self, values: Mapping[str, Any]) -> list[Any]:
        """Its rows under these values."""
        if not self._sql:
            return []
        bound = [values[value.name] if isinstance(value, Bound) else value for value in self._parameters]
        return list(map(self._row, fetch_all(self._sql, *bound, prepared=self._prepared)))


def light_row(model: type[Model], columns: tuple[str, ...]) -> type[Any]:
    """A row of a model with these columns. Kept with its statement alone: clients choose columns in endless ways."""
    properties = {name: value for name, value in vars(model).items() if isinstance(value, property)}
    return type(f"{model.__name__}Row", (namedtuple("_Row", columns),), {**properties, "__slots__": (), "model": model})


def is_row_of(row: Any, model: type[Model]) -> bool:
    """Whether it is a row of the model, light or not."""
    return getattr(row, "model", None) is model or isinstance(row, model)
