"""The second pass, made only where something failed: errors get their places, and what must be null becomes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, located_error

from schema.execution.completion import Failure
from schema.execution.plan import Field, Kind, Selection, Shape

type Path = list[str | int]


class Nulled(Exception):
    """A value that may not be null is: whatever holds it becomes null."""


class Report:
    """Walks an answer in its order and collects `errors`. Of several below a place that becomes null, the first."""

    def __init__(self, chosen: Mapping[int, Selection]) -> None:
        self._chosen = chosen
        self.errors: list[GraphQLError] = []

    def walk(self, selection: Selection, answer: dict[str, Any], path: Path) -> None:
        """The fields of one object. Raises Nulled."""
        for field in selection.fields:
            value = answer[field.key]
            if isinstance(value, Failure | dict | list):
                answer[field.key] = self._value(field, field.shape, value, [*path, field.key])

    def _value(self, field: Field, shape: Shape, value: Any, path: Path) -> Any:
        """What stands there in the end. Raises Nulled."""
        try:
            return self._inner(field, shape, value, path)
        except Nulled:
            if shape.required:
                raise
            return None

    def _inner(self, field: Field, shape: Shape, value: Any, path: Path) -> Any:
        if isinstance(value, Failure):
            self.errors.append(located_error(value.error, field.nodes, path))
            raise Nulled
        if shape.kind is Kind.LIST and shape.item is not None and value is not None:
            return [self._value(field, shape.item, item, [*path, place]) for place, item in enumerate(value)]
        if shape.kind in (Kind.OBJECT, Kind.ABSTRACT) and isinstance(value, dict):
            self.walk(self._chosen.get(id(value)) or field.below[shape.type.name], value, path)
        return value
