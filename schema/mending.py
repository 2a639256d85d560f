"""Refused nulls and decimals in the variables of mutations, as problems of their fields.

graphql-core refuses the whole request for them, in words for programmers. Where the result has a ValidationError, a
form is told which field it is instead: the mutation is called with values that fit, and answers these problems before
it does anything.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    visit,
)

from domains.common.data.models import NO_ID
from domains.common.errors import FieldErrorCode, FieldProblem
from schema import nulls, redaction

type Path = list[str | int]

_FITTING: Mapping[str, Any] = {"Decimal": "0", "String": "", "ID": "", "Int": 0, "Boolean": False, "UUID": str(NO_ID)}


class Mended(NamedTuple):
    """Variables that fit, and what was wrong with those that were sent, by the response keys of the mutations."""

    variables: dict[str, Any]
    problems: dict[str, list[FieldProblem]]


def mend(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Mended | None:
    """Variables that fit, and the problems of those that did not; None where these are for the whole request.

    Mutations that use none of them are carried out.
    """
    places = _places(schema, operation)
    alone = nulls.absent_only_variables(schema, document, operation)
    mended, bad, problems = dict(variables), set[str](), defaultdict[str, list[FieldProblem]](list)
    for node, type_, value in redaction.declared(schema, operation, variables):
        name = node.variable.name.value
        for path, error in _refused(type_, value, alone=name in alone):
            problem = _problem(type_, value, path, error)
            for key, place in places.get(name, ()):
                at = [str(step) for step in [*place, *path]]
                if problem is None or not at:  # of the request, or of the input as a whole
                    return None
                problems[key].append(FieldProblem(at, *problem))
            if name not in places or not _replace(mended, type_, name, path):
                return None
            bad.add(name)
    executed = [one for one in operation.selection_set.selections if _key(one) not in problems]
    fragments = [one for one in document.definitions if isinstance(one, FragmentDefinitionNode)] if executed else []
    if any(bad & _variables_in(node) for node in (*executed, *fragments)):
        return None
    return Mended(mended, problems) if problems else None


def tells_problems(schema: GraphQLSchema, node: FieldNode) -> GraphQLField | None:
    """The mutation that the field calls, if its result has a ValidationError."""
    field = schema.mutation_type.fields.get(node.name.value) if schema.mutation_type else None
    members = getattr(get_named_type(field.type), "types", ()) if field else ()
    return field if any(member.name == "ValidationError" for member in members) else None


def _places(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Mapping[str, list[tuple[str, Path]]]:
    """Where in the `input` of mutations, by their keys, each variable is used, where they can tell problems."""
    found = defaultdict[str, list[tuple[str, Path]]](list)
    for node in operation.selection_set.selections if operation.operation is OperationType.MUTATION else ():
        if isinstance(node, FieldNode) and tells_problems(schema, node):
            for argument in node.arguments or ():
                for name, path in _uses(argument.value, []):
                    if (place := (_key(node), path)) not in found[name]:
                        found[name].append(place)
    return found


def _key(node: SelectionNode) -> str:
    """Under which a field is answered; of what is no field, none."""
    return (node.alias or node.name).value if isinstance(node, FieldNode) else ""


def _variables_in(node: Node) -> set[str]:
    found = set[str]()

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.add(node.name.value)

    visit(node, Variables())
    return found


def _uses(value: ValueNode, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, VariableNode):
        yield value.name.value, path
    elif isinstance(value, ObjectValueNode):
        for field in value.fields:
            yield from _uses(field.value, [*path, field.name.value])


def _refused(type_: Any, value: Any, *, alone: bool) -> list[tuple[Path, GraphQLError | None]]:
    absent = nulls.refused_nulls(type_, value, alone=alone)
    return [*redaction.refusals(type_, value), *((path, None) for path in absent)]


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
