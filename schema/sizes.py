"""How many things a field gives, as far as its arguments say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, GraphQLField, IntValueNode, ListValueNode, Node, VariableNode, get_named_type

from domains.common.graphql.connections import DEFAULT_SIZE, MAX_SIZE

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
    sizing = {name: value for name, value in arguments.items() if name in ("first", "last", "ids")}
    asked = {value.name.value for value in sizing.values() if isinstance(value, VariableNode)}
    given = {name: _given(value, variables, defaults) for name, value in sizing.items()}
    if "pageInfo" in getattr(get_named_type(definition.type), "fields", {}):
        found = (_number(given.get(name)) for name in ("first", "last"))
        size = next((number for number in found if number is not None), DEFAULT_SIZE)
        return 1, max(0, min(size, MAX_SIZE)), asked
    if not str(definition.type).startswith("["):
        return 1, None, set()
    if page is not None:
        return page, None, set()
    return _length(given["ids"]) if "ids" in given else _declared(definition), None, asked


def _declared(definition: GraphQLField) -> int:
    """What the field's `metadata={"size": N}` says."""
    declaration = definition.extensions.get("strawberry-definition")
    size: int = declaration.metadata.get("size", LIST_SIZE) if declaration else LIST_SIZE
    return size


def _given(value: Node, variables: Mapping[str, Any], defaults: Mapping[str, Node]) -> Any:
    """A variable's value, or its default as written."""
    if not isinstance(value, VariableNode):
        return value
    name = value.name.value
    return variables[name] if name in variables else defaults.get(name)


def _number(given: Any) -> int | None:
    if isinstance(given, IntValueNode):
        return int(given.value[:9])  # far above any page; a longer one would take time to read
    if isinstance(given, float) and given.is_integer():
        return int(given)  # GraphQL takes 20.0 for an Int
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _length(given: Any) -> int:
    if isinstance(given, ListValueNode):
        return len(given.values)
    return len(given) if isinstance(given, list) else 1
