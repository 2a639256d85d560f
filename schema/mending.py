"""Refused nulls and decimals in the variables of a mutation, as problems of its fields.

graphql-core refuses the whole request for them, in words for programmers. Where the result has a ValidationError, a
form is told which field it is instead: the mutation is called with values that fit, and answers these problems before
it does anything.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from domains.common.data.models import NO_ID
from domains.common.errors import FieldErrorCode, FieldProblem
from schema import redaction

type Path = list[str | int]

_FITTING: Mapping[str, Any] = {"Decimal": "0", "String": "", "ID": "", "Int": 0, "Boolean": False, "UUID": str(NO_ID)}


class Mended(NamedTuple):
    """Variables that fit, and what was wrong with those that were sent."""

    variables: dict[str, Any]
    problems: list[FieldProblem]


def mend(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Mended | None:
    """Variables that fit, and the problems of those that did not; None where these are for the whole request."""
    places = dict(_places(schema, operation))
    mended, problems = dict(variables), list[FieldProblem]()
    for node, type_, value in redaction.declared(schema, operation, variables):
        name = node.variable.name.value
        for path, error in _refused(type_, value):
            problem = _problem(type_, value, path, error)
            at = [str(key) for key in [*places.get(name, ()), *path]]
            if problem is None or name not in places or not at:  # of the request, or of the input as a whole
                return None
            problems.append(FieldProblem(at, *problem))
            if not _replace(mended, type_, name, path):
                return None
    return Mended(mended, problems) if problems else None


def _places(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Iterator[tuple[str, Path]]:
    """Where in `input` each variable is used, if the operation is one mutation whose result has a ValidationError."""
    (first, *others) = operation.selection_set.selections
    if operation.operation is not OperationType.MUTATION or others or not isinstance(first, FieldNode):
        return
    assert schema.mutation_type is not None
    field = schema.mutation_type.fields.get(first.name.value)
    members = getattr(field and get_named_type(field.type), "types", ())
    if any(member.name == "ValidationError" for member in members):
        for argument in first.arguments or ():
            yield from _uses(argument.value, [])


def _uses(value: ValueNode, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, VariableNode):
        yield value.name.value, path
    elif isinstance(value, ObjectValueNode):
        for field in value.fields:
            yield from _uses(field.value, [*path, field.name.value])


def _refused(type_: Any, value: Any) -> list[tuple[Path, GraphQLError | None]]:
    return [*redaction.refusals(type_, value), *((path, None) for path in redaction.refused_nulls(type_, value))]


def _problem(type_: Any, value: Any, path: Path, error: GraphQLError | None) -> tuple[str, FieldErrorCode] | None:
    if error is None:
        return redaction.ABSENT_ONLY, FieldErrorCode.REQUIRED
    there, sent = redaction.at(type_, value, path)
    if sent is None:
        return "It must not be null", FieldErrorCode.REQUIRED
    if str(get_nullable_type(there)) == "Decimal" and isinstance(sent, str):
        return redaction.problem(type_, value, path, error), FieldErrorCode.INVALID
    return None


def _replace(variables: dict[str, Any], type_: Any, name: str, path: Path) -> bool:
    """Put something that fits at the path: nothing where nothing is needed."""
    there, _ = redaction.at(type_, variables[name], path)
    holder: Any = variables
    *above, last = [name, *path]
    for key in above:
        holder[key] = copy.copy(holder[key])  # what was sent stays as it is
        holder = holder[key]
    if is_non_null_type(there):
        holder[last] = _fitting(there)
        return holder[last] is not None
    if isinstance(holder, dict):
        del holder[last]
    else:
        holder[last] = None
    return True


def _fitting(type_: Any) -> Any:
    """A value of a required type; None where none is known."""
    nullable = get_nullable_type(type_)
    if is_list_type(nullable):
        return []
    if is_enum_type(nullable):
        return next(iter(nullable.values))
    if not is_input_object_type(nullable):
        return _FITTING.get(str(nullable))
    parts = {name: _fitting(field.type) for name, field in nullable.fields.items() if is_required_input_field(field)}
    return None if None in parts.values() else parts
