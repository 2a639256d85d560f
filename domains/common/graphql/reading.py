"""What an operation needs of each model's rows: their columns, and what of their relations is read with them as JSON.

A field needs the column that it is named after, the key of its relation, or what its declaration says (`needs`);
without any of that, all columns. A relation whose selection holds nothing but columns and such relations again is
written by PostgreSQL itself, with the rows that it belongs to: it costs no statement, no rows and no resolvers. The
doors are the loaders' own, so what a viewer may not see is not in there either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    DecimalField,
    F,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Cast

from domains.common.data import sql
from domains.common.data.composing import Statement, Statements, bound_by, kind_of, light_row
from domains.common.viewer import ANONYMOUS, Viewer

MOST_KEYS = 500  # PostgreSQL takes 1,664 columns of a row
# none without a bound: texts are read in Python
_WRITTEN = (CharField, IntegerField, BooleanField, DateTimeField, DecimalField)


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is read of a model's rows: columns, then relations as JSON under the planned fields that they answer."""

    columns: tuple[str, ...]
    relations: Mapping[Any, str] = field(default_factory=dict)
    statements: Statements = field(default_factory=Statements)

    def read(
        self,
        shape: Any,
        *,
        viewer: Viewer,
        rows: Callable[[Viewer], QuerySet[Any]],
        values: Mapping[str, Any],
        prepared: bool = True,
    ) -> list[Any]:
        """Light rows of the queryset that `rows` makes for a kind of viewers; composed once a shape."""
        kind = kind_of(viewer)
        statement = self.statements.get((shape, kind), lambda: self._compose(rows(kind), kind, prepared))
        return statement.fetch({**bound_by(viewer), **values})

    def _compose(self, rows: QuerySet[Any], viewer: Viewer, prepared: bool) -> Statement:
        names = (*self.columns, *self.relations.values())
        model: Any = rows.model
        row: Any = light_row(model, names)
        if self.relations:
            written = {name: Cast(_related(one, viewer), TextField()) for one, name in self.relations.items()}
            rows = rows.annotate(**written)
            row = type(row.__name__, (row,), {"__slots__": (), "written": self.relations})
        return Statement(rows.values_list(*names), row, prepared=prepared)


def wanted(plan: Any, model: type[Model], *also: str) -> Wanted:
    """What the operation of this plan needs of the model's rows, and these columns also; kept with the plan."""
    if plan is None:
        return _everything(model, also)
    if (known := plan.kept.get((model, also))) is None:
        known = plan.kept[model, also] = _wanted(plan, model, also)
    return known  # type: ignore[no-any-return]


def _everything(model: type[Model], also: Sequence[str]) -> Wanted:
    columns = [column.attname for column in model._meta.concrete_fields]
    return Wanted(tuple({**dict.fromkeys(columns), **dict.fromkeys(also)}))


def _wanted(plan: Any, model: type[Model], also: Sequence[str]) -> Wanted:
    columns = {"id", *also}
    selections = [selection for selection in plan.selections() if _model(selection.type) is model]
    for one in (one for selection in selections for one in selection.fields):
        if (needs := _needs(one, model)) is None:
            return _everything(model, also)
        columns |= needs
    selections = _read_selections(plan).get(model, [])
    written = [one for one in selections[0].fields if _written_by(one)] if len(selections) == 1 else []
    return Wanted(tuple(sorted(columns)), {one: f"written_{place}" for place, one in enumerate(written)})


def _read_selections(plan: Any) -> dict[type[Model] | None, list[Any]]:
    """The selections by the model whose rows they are read from; not those that PostgreSQL writes.

    It writes below a model that is selected at one place alone: each statement would have what all others ask for, too.
    """
    if (known := plan.kept.get("selections")) is None:
        several: set[type[Model] | None] = set()
        while True:
            known = _walk(plan.root, several)
            if not (more := {model for model, found in known.items() if len(found) > 1} - several):
                break
            several |= more
        plan.kept["selections"] = known
    return known  # type: ignore[no-any-return]


def _walk(root: Any, several: Set[type[Model] | None]) -> dict[type[Model] | None, list[Any]]:
    found: dict[type[Model] | None, list[Any]] = {}
    waiting = [root]
    while waiting:
        selection = waiting.pop()
        model = _model(selection.type)
        found.setdefault(model, []).append(selection)
        for one in selection.fields:
            if model is None or model in several or not _written_by(one):
                waiting += one.below.values()
    return found


def _model(kind: Any) -> type[Model] | None:
    declared = kind.extensions.get("strawberry-definition")
    entity = getattr(declared and declared.origin, "__strawberry_django_definition__", None)
    return entity and entity.model


def _needs(one: Any, model: type[Model]) -> set[str] | None:
    """The columns that the field is made from; None for any of them."""
    if one.name == "__typename":
        return set()
    declared = one.definition.extensions["strawberry-definition"].metadata.get("needs")
    if declared is not None:
        return set(declared)
    if one.relation:
        return {one.relation[1]}
    known = {column.attname for column in model._meta.concrete_fields}
    return {one.attribute} if one.attribute in known else None


def _written_by(one: Any) -> Any:
    """The loader of a relation that PostgreSQL can write; None for any other."""
    loader = one.relation[0] if one.relation else None
    if loader is None or not hasattr(loader, "below") or len(one.below) != 1:
        return None
    (selection,) = one.below.values()
    is_list = one.shape.item is not None
    if (
        is_list != loader.many
        or loader.most
        or (one.shape.required and not is_list and not _is_always_there(one))
        or len(selection.fields) > MOST_KEYS
    ):
        return None
    model = _model(selection.type)
    return loader if model and all(_is_written(inner, model) for inner in selection.fields) else None


def _is_always_there(one: Any) -> bool:
    """Whether the relation has a row for every key: that is a foreign key of each row, and the door hides none."""
    (loader, by), model = one.relation, _model(one.parent)
    key = next((column for column in model._meta.concrete_fields if column.attname == by), None) if model else None
    return bool(key and key.is_relation and not key.null and not loader.door(ANONYMOUS).query.where)


def _is_written(one: Any, model: type[Model]) -> bool:
    if one.name == "__typename":
        return True
    if one.relation:
        return _written_by(one) is not None
    declared = one.definition.extensions["strawberry-definition"].metadata
    if "sql" in declared:
        return True
    column = next((column for column in model._meta.concrete_fields if column.attname == one.attribute), None)
    return _is_plain(one.shape.type) and isinstance(column, _WRITTEN) and not isinstance(column, BigIntegerField)


def _is_plain(kind: Any) -> bool:
    """Whether GraphQL shows what stands in the column: enums may have other names."""
    values = getattr(kind, "values", None)
    return not values or all(str(one.value) == name for name, one in values.items())


def _related(one: Any, viewer: Viewer) -> Any:
    """A relation's rows as JSON, below the row of the statement that it stands in."""
    loader, key = one.relation
    (selection,) = one.below.values()
    kind = selection.type.name
    pairs = {inner.key: _value(inner, kind, viewer) for inner in selection.fields}
    rows = loader.below(viewer, OuterRef(key)).annotate(written=sql.json_object(pairs)).values("written")
    return sql.json_array(rows) if loader.many else Subquery(rows[:1])


def _value(one: Any, kind: str, viewer: Viewer) -> Any:
    if one.name == "__typename":
        return sql.literal(kind)
    if one.relation:
        return _related(one, viewer)
    declared = one.definition.extensions["strawberry-definition"].metadata
    if "sql" in declared:
        return declared["sql"](one, kind)
    column = F(one.attribute)
    made = {"DateTime": sql.moment, "Decimal": sql.text}.get(one.shape.type.name)
    return made(column) if made else column
