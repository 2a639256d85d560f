"""What resolvers answered becomes what stands in the answer, for all values of a field at once.

graphql-core's `complete_value` turned on its side: the same checks and words, made once a class where that is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from inspect import iscoroutine
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
    is_object_type,
)
from graphql.execution.executor import default_type_resolver
from graphql.pyutils import inspect, is_iterable

from schema.execution.plan import Field, Info, Kind, Selection, Shape

NEEDS_EVENT_LOOP = (
    "The resolver of {} answered {!r}, which needs an event loop. Fields run without one: call plain code, or declare "
    "a relation."
)
# What stands in the answer as it is, if its class is exactly this.
_AS_IT_IS: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool, GraphQLInt: int}
_INT = range(-(2**31), 2**31)


class Failure:
    """Stands in the answer for a value that could not be had, until errors are reported."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


@dataclass(slots=True, eq=False)
class Group:
    """Objects of one type on one level: what they are read from, and what of the answer they fill."""

    selection: Selection
    sources: Sequence[Any]
    objects: list[dict[str, Any]]


class Completion:
    """Completes the values of one level after another; `next` has the groups of the level below, `failed` whether any
    value was a failure, `chosen` the selections of objects whose type was found out, by their identity."""

    def __init__(self) -> None:
        self.next: list[Group] = []
        self.failed = False
        self.chosen: dict[int, Selection] = {}

    def complete(self, field: Field, shape: Shape, values: Sequence[Any], info: Info) -> Sequence[Any]:
        """What stands in the answer for each of these values; objects are empty yet, and in `next`."""
        kinds = set(map(type, values))
        if shape.kind is Kind.LEAF and kinds == {_AS_IT_IS.get(shape.type)} and _fits(shape.type, values):
            return values
        if any(kind is type(None) or issubclass(kind, Exception) or _strange(kind) for kind in kinds):
            return self._mixed(field, shape, values, info)
        return self._present(field, shape, values, info)

    def _mixed(self, field: Field, shape: Shape, values: Sequence[Any], info: Info) -> list[Any]:
        """Some are missing or went wrong: only the others are completed."""
        done = [self._absent(field, shape, value) for value in values]
        places = [place for place, absent in enumerate(done) if absent is _PRESENT]
        if places:
            completed = self.complete(field, shape, [values[place] for place in places], info)
            for place, value in zip(places, completed, strict=True):
                done[place] = value
        return done

    def _absent(self, field: Field, shape: Shape, value: Any) -> Any:
        """What stands for a value that is none; _PRESENT for one that is."""
        if isinstance(value, Exception):
            return self.failure(value)
        if value is None or value is Undefined:
            return self._missing(field) if shape.required else None
        return self.failure(_needs_event_loop(field, value)) if _strange(type(value)) else _PRESENT

    def _missing(self, field: Field) -> Failure:
        return self.failure(TypeError(f"Cannot return null for non-nullable field {field.parent}.{field.name}."))

    def failure(self, error: Exception) -> Failure:
        """Stands for a value that went wrong."""
        self.failed = True
        return Failure(error)

    def _present(self, field: Field, shape: Shape, values: Sequence[Any], info: Info) -> Sequence[Any]:
        if shape.kind is Kind.LEAF:
            return self._leaves(shape, values)
        if shape.kind is Kind.LIST:
            return self._lists(field, shape, values, info)
        if shape.kind is Kind.OBJECT:
            return self._objects(field, shape.type, values, info)
        return self._abstract(field, shape, values, info)

    def _leaves(self, shape: Shape, values: Sequence[Any]) -> list[Any]:
        coerce = shape.type.coerce_output_value
        with suppress(Exception):  # of one of them: the loop below finds out of which
            done = [coerce(value) for value in values]
            if None not in done and Undefined not in done:
                return done
        return [self._leaf(shape, value) for value in values]

    def _leaf(self, shape: Shape, value: Any) -> Any:
        try:
            coerced = shape.type.coerce_output_value(value)
        except Exception as error:
            return self.failure(error)
        if coerced is not Undefined and coerced is not None:
            return coerced
        expected = f"Expected `{inspect(shape.type)}.coerce_output_value({inspect(value)})`"
        return self.failure(TypeError(f"{expected} to return non-nullable value, returned: {inspect(coerced)}"))

    def _lists(self, field: Field, shape: Shape, values: Sequence[Any], info: Info) -> list[Any]:
        """The items of all lists are completed together."""
        assert shape.item is not None
        lists = [self._items(field, value) for value in values]
        items = [item for some in lists if not isinstance(some, Failure) for item in some]
        done, start = self.complete(field, shape.item, items, info), 0
        for place, some in enumerate(lists):
            if not isinstance(some, Failure):
                end = start + len(some)
                lists[place] = list(done[start:end])
                start = end
        return lists

    def _items(self, field: Field, value: Any) -> Any:
        if type(value) is list:
            return value
        if not is_iterable(value):
            where = f"'{field.parent}.{field.name}'"
            return self.failure(GraphQLError(f"Expected Iterable, but did not find one for field {where}."))
        try:
            return list(value)
        except Exception as error:
            return self.failure(error)

    def _objects(self, field: Field, kind: GraphQLObjectType, values: Sequence[Any], info: Info) -> list[Any]:
        wrong = self._wrong_type(field, kind, values, info) if kind.is_type_of else {}
        right = [value for place, value in enumerate(values) if place not in wrong] if wrong else values
        selection = field.below[kind.name]
        if selection.error:
            return [self.failure(wrong.get(place, selection.error)) for place in range(len(values))]
        objects = [selection.template.copy() for _ in right]
        if objects:
            self.next.append(Group(selection, right, objects))
        if not wrong:
            return objects
        made = iter(objects)
        return [self.failure(wrong[place]) if place in wrong else next(made) for place in range(len(values))]

    def _wrong_type(
        self, field: Field, kind: GraphQLObjectType, values: Sequence[Any], info: Info
    ) -> dict[int, Exception]:
        """The places of values that are not of this type, each with its error."""
        wrong: dict[int, Exception] = {}
        assert kind.is_type_of is not None
        for place, value in enumerate(values):
            try:
                right = kind.is_type_of(value, info)
                if _strange(type(right)):
                    wrong[place] = _needs_event_loop(field, right)
                elif not right:
                    told = f"Expected value of type '{kind}' but got: {inspect(value)}."
                    wrong[place] = GraphQLError(told, field.nodes)
            except Exception as error:
                wrong[place] = error
        return wrong

    def _abstract(self, field: Field, shape: Shape, values: Sequence[Any], info: Info) -> list[Any]:
        """Values of each type are completed together."""
        found = [self._type_of(field, shape, value, info) for value in values]
        done: list[Any] = [self.failure(kind) if isinstance(kind, Exception) else None for kind in found]
        by_type: dict[str, list[int]] = {}
        for place, kind in enumerate(found):
            if not isinstance(kind, Exception):
                by_type.setdefault(kind.name, []).append(place)
        for name, places in by_type.items():
            kind, selection = found[places[0]], field.below[name]
            assert not isinstance(kind, Exception)
            for place, value in zip(places, self._objects(field, kind, [values[p] for p in places], info), strict=True):
                done[place] = value
                self.chosen[id(value)] = selection
        return done

    def _type_of(self, field: Field, shape: Shape, value: Any, info: Info) -> GraphQLObjectType | Exception:
        try:
            name: Any = (shape.type.resolve_type or default_type_resolver)(value, info, shape.type)
        except Exception as error:
            return error
        if _strange(type(name)):
            return _needs_event_loop(field, name)
        if isinstance(name, str) and name in field.below:
            known = info.schema.get_type(name)
            if is_object_type(known):
                return known
        return GraphQLError(_no_type(field, shape, value, name, info), field.nodes)


_PRESENT = object()


def _fits(kind: Any, values: Sequence[Any]) -> bool:
    return kind is not GraphQLInt or (min(values) in _INT and max(values) in _INT)


def _strange(kind: type) -> bool:
    """Whether values of this class are absent, or need an event loop."""
    return kind is _UNDEFINED or hasattr(kind, "__await__")


def _needs_event_loop(field: Field, value: Any) -> RuntimeError:
    if iscoroutine(value):
        value.close()  # else Python warns that nobody awaited it
    return RuntimeError(NEEDS_EVENT_LOOP.format(f"{field.parent}.{field.name}", value))


_UNDEFINED = type(Undefined)


def _no_type(field: Field, shape: Shape, value: Any, name: Any, info: Info) -> str:
    """graphql-core's words for a runtime type that is none."""
    abstract, where = f"Abstract type '{shape.type}'", f"for field '{field.parent}.{field.name}'"
    must = f"{abstract} must resolve to an Object type at runtime {where}"
    if name is None:
        return (
            f"{must}. Either the '{shape.type}' type should provide a 'resolve_type' function or each possible type "
            "should provide an 'is_type_of' function."
        )
    if not isinstance(name, str):
        return f"{must} with value {inspect(value)}, received '{inspect(name)}', which is not a valid Object type name."
    known = info.schema.get_type(name)
    if known is None:
        return f"{abstract} was resolved to a type '{name}' that does not exist inside the schema."
    if not is_object_type(known):
        return f"{abstract} was resolved to a non-object type '{name}'."
    return f"Runtime Object type '{name}' is not a possible type for '{shape.type}'."
