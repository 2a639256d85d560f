"""Refused nulls and decimals in a document: the argument that holds them becomes a variable, for `schema.mending`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    parse_type,
    value_from_ast_untyped,
)

from schema.mending import tells_problems


class Lifted(NamedTuple):
    """A document with variables in the place of arguments, and what stood there, by their names."""

    node: DocumentNode
    literals: dict[str, ValueNode]


def lift(schema: GraphQLSchema, document: DocumentNode, errors: Sequence[GraphQLError]) -> Lifted | None:
    """The document without these errors, which are all about literals; None where a form could not be told of them.

    That is any place but an argument of a mutation whose result has a ValidationError.
    """
    places = [error.nodes[0].loc.start for error in errors if error.nodes and error.nodes[0].loc]
    lifting = _Lifting(schema, places)
    lifted = replace(document, definitions=tuple(map(lifting.definition, document.definitions)))
    told = len(places) == len(errors) and all(
        any(_holds(node, place) for node in lifting.literals.values()) for place in places
    )
    return Lifted(lifted, lifting.literals) if told else None


class _Lifting:
    def __init__(self, schema: GraphQLSchema, places: Sequence[int]) -> None:
        self.literals: dict[str, ValueNode] = {}
        self._schema, self._places = schema, places

    def definition(self, node: Any) -> Any:
        if not isinstance(node, OperationDefinitionNode) or node.operation is not OperationType.MUTATION:
            return node
        declared: list[VariableDefinitionNode] = [*(node.variable_definitions or ())]
        selections = tuple(self._field(selection, declared) for selection in node.selection_set.selections)
        selection_set = replace(node.selection_set, selections=selections)
        return replace(node, selection_set=selection_set, variable_definitions=tuple(declared))

    def _field(self, node: Any, declared: list[VariableDefinitionNode]) -> Any:
        definition = tells_problems(self._schema, node) if isinstance(node, FieldNode) else None
        if definition is None:
            return node
        types = {name: argument.type for name, argument in definition.args.items()}
        return replace(node, arguments=tuple(self._argument(one, types, declared) for one in node.arguments or ()))

    def _argument(self, node: Any, types: Mapping[str, Any], declared: list[VariableDefinitionNode]) -> Any:
        if not any(_holds(node.value, place) for place in self._places):
            return node
        name = str(len(self.literals))  # none that a client could have given
        self.literals[name] = node.value
        variable = VariableNode(name=NameNode(value=name))
        type_ = parse_type(str(types[node.name.value]))
        declared.append(VariableDefinitionNode(variable=variable, type=type_, directives=()))
        return replace(node, value=variable)


def _holds(node: ValueNode, place: int) -> bool:
    return bool(node.loc and node.loc.start <= place < node.loc.end)


def values(
    literals: Mapping[str, ValueNode], operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The raw variables with those that literals became; the variables within these are replaced by their values."""
    defaults = {
        node.variable.name.value: value_from_ast_untyped(node.default_value)
        for node in operation.variable_definitions or ()
        if node.default_value
    }
    known = {**defaults, **variables}
    return {**variables, **{name: _present(value_from_ast_untyped(node, known)) for name, node in literals.items()}}


def _present(value: Any) -> Any:
    """Without fields whose variable was not sent."""
    if isinstance(value, dict):
        return {name: _present(inner) for name, inner in value.items() if inner is not Undefined}
    return [None if item is Undefined else _present(item) for item in value] if isinstance(value, list) else value
