"""Nulls in the place of what may only be left out (`strawberry.Maybe`): graphql-core takes them for right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    NullValueNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Undefined,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_list_type,
    visit,
)
from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from schema.redaction import ABSENT_ONLY, declared, of_variable


def null_errors(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> list[GraphQLError]:
    """Nulls in variables where a field may only be absent, which graphql-core takes for right."""
    defaults = [node for node in operation.variable_definitions or () if isinstance(node.default_value, NullValueNode)]
    if not defaults and not _holds_null(variables):
        return []
    alone = absent_only_variables(schema, document, operation)
    sent = (
        (node, path)
        for node, type_, value in declared(schema, operation, variables)
        for path in refused_nulls(type_, value, alone=node.variable.name.value in alone)
    )
    unsent = ((node, list[str | int]()) for node in defaults if node.variable.name.value in alone - variables.keys())
    return [of_variable(node, path, ABSENT_ONLY) for node, path in (*sent, *unsent)]


def absent_only_variables(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> frozenset[str]:
    """The variables that stand by themselves for a field which may only be absent."""
    found, types = set[str](), TypeInfo(schema)

    class Places(Visitor):
        def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
            parent = get_named_type(types.get_parent_input_type())
            field = parent.fields.get(node.name.value) if isinstance(parent, GraphQLInputObjectType) else None
            if field and isinstance(node.value, VariableNode) and _absent_only(field):
                found.add(node.value.name.value)

    for node in document.definitions:
        if node is operation or isinstance(node, FragmentDefinitionNode):
            visit(node, TypeInfoVisitor(types, Places()))
    return frozenset(found)


def _holds_null(value: object) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if item is None:
            return True
        waiting += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return False


def refused_nulls(type_: Any, value: Any, *, alone: bool = False) -> Iterator[list[str | int]]:
    """Where the value is null though the field may only be absent (`strawberry.Maybe`).

    `alone`: it stands for such a field itself, see `absent_only_variables`.
    """
    if alone and value is None:
        yield []
    nullable = get_nullable_type(type_)
    if is_list_type(nullable) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([index, *path] for path in refused_nulls(nullable.of_type, item))
    elif isinstance(nullable, GraphQLInputObjectType) and isinstance(value, dict):
        for name, field in nullable.fields.items():
            if value.get(name, Undefined) is None and _absent_only(field):
                yield [name]
            yield from ([name, *path] for path in refused_nulls(field.type, value.get(name)))


def _absent_only(field: Any) -> bool:
    kind = getattr(field.extensions.get("strawberry-definition"), "type", None)
    return isinstance(kind, StrawberryMaybe) and not isinstance(kind.of_type, StrawberryOptional)
