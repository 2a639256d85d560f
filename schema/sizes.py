"""How many things a field gives, as far as its arguments say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    IntValueNode,
    ListValueNode,
    Node,
    VariableNode,
    get_named_type,
)

from domains.common.graphql.paging import DEFAULT_SIZE, MAX_SIZE

LIST_SIZE = 10  # assumed of a list that no argument bounds, such as the lines of an order, unless its field says more


def items(
    definition: GraphQLField,
    node: FieldNode,
    page: int | None,
    variables: Mapping[str, Any],
    defaults: Mapping[str, Node],
) -> tuple[int, int | None, set[str]]:
    """How often the field's selection is carried out, the page size for the lists in it, and the variables asked.

    `page` is the size of the connection that the field stands in, None outside of one.
    """
    arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
    if _is_connection(definition):
        given = [arguments[name] for name in ("first", "last") if name in arguments]
        found = [_number(value, variables, defaults) for value in given]
        size = next((number for number in found if number is not None), DEFAULT_SIZE)
        return 1, max(0, min(size, MAX_SIZE)), _names(given)
    if not str(definition.type).startswith("["):
        return 1, None, set()
    if page is not None:
        return page, None, set()
    if "ids" in arguments:
        return _length(arguments["ids"], variables, defaults), None, _names([arguments["ids"]])
    return _declared(definition), None, set()


def _is_connection(definition: GraphQLField) -> bool:
    kind = get_named_type(definition.type)
    return isinstance(kind, GraphQLObjectType) and "pageInfo" in kind.fields


def _declared(definition: GraphQLField) -> int:
    """What the field's `metadata={"size": N}` says."""
    declaration = definition.extensions.get("strawberry-definition")
    size: int = declaration.metadata.get("size", LIST_SIZE) if declaration else LIST_SIZE
    return size


def _names(values: list[Any]) -> set[str]:
    return {value.name.value for value in values if isinstance(value, VariableNode)}


def _given(value: Node, variables: Mapping[str, Any], defaults: Mapping[str, Node]) -> Any:
    """A variable's value, or its default as written."""
    if not isinstance(value, VariableNode):
        return value
    name = value.name.value
    return variables[name] if name in variables else defaults.get(name)


def _number(value: Node, variables: Mapping[str, Any], defaults: Mapping[str, Node]) -> int | None:
    given = _given(value, variables, defaults)
    if isinstance(given, IntValueNode):
        return int(given.value[:9])  # far above any page; a longer one would take time to read
    if isinstance(given, float) and given.is_integer():
        return int(given)  # GraphQL takes 20.0 for an Int
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _length(value: Node, variables: Mapping[str, Any], defaults: Mapping[str, Node]) -> int:
    given = _given(value, variables, defaults)
    if isinstance(given, ListValueNode):
        return len(given.values)
    return len(given) if isinstance(given, list) else 1
