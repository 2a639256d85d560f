"""What the arguments of a field say about its price: how many items it gives, and what they have it read.

Where a field or an input field is declared, its metadata says what the schema does not: `size`, the true bound of a
list that no argument bounds, and `cost`, what one call of it costs besides the objects and leaves that it gives. A list
that is sent says what `each` of its items costs; lists in the answer are then as long. What takes an enum says which
`choices` cost something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    IntValueNode,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)

from domains.common.graphql.connections import DEFAULT_SIZE, MAX_SIZE

LIST_SIZE = 10  # of a list that no argument bounds and whose field says nothing, such as the problems of an input


class Around(NamedTuple):
    """The connection that a field stands in: the size of its page, and what its filter costs each time it is read."""

    size: int
    filter: float


class Arguments:
    """The arguments of one operation's fields, with the raw variables of the request."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self.defaults: Mapping[str, Node] = {}
        self.asked: set[str] = set()  # the variables that a price depends on

    def items(self, definition: GraphQLField, node: FieldNode, around: Around | None) -> tuple[int, Around | None]:
        """How often the field's selection is carried out, and what the fields in it stand in, if it is a connection."""
        sizing = {a.name.value: a.value for a in node.arguments or () if a.name.value in ("first", "last", "ids")}
        given = {name: self._value(value) for name, value in sizing.items()}
        if is_connection(definition):
            found = (_number(given.get(name)) for name in ("first", "last"))
            size = next((number for number in found if number is not None), DEFAULT_SIZE)
            return 1, Around(max(0, min(size, MAX_SIZE)), self._filter(definition, node))
        if not isinstance(get_nullable_type(definition.type), GraphQLList):
            sent = [_length(items) for _, items in self._sent(definition, node)]
            return 1, Around(max(sent), 0) if sent else None
        if around is not None:
            return around.size, None
        return (_length(given["ids"]) if "ids" in given else int(declared(definition, "size", LIST_SIZE))), None

    def price(self, definition: GraphQLField, node: FieldNode) -> float:
        """What the input fields cost that are given."""
        chosen: float = sum(prices.get(_name(value), 0) for prices, value in self._given(definition, node, "choices"))
        sent = sum(price * _length(items) for price, items in self._sent(definition, node))
        searched = self._filter(definition, node) if is_connection(definition) else 0  # a stream reads no list
        return searched + chosen + sent

    def _filter(self, definition: GraphQLField, node: FieldNode) -> float:
        """What they cost whenever the list is read."""
        prices: list[float] = [price for price, value in self._given(definition, node, "cost") if _is_there(value)]
        return sum(prices)

    def _sent(self, definition: GraphQLField, node: FieldNode) -> list[tuple[float, Any]]:
        """The lists whose items have a price, with it."""
        return [(price, items) for price, items in self._given(definition, node, "each") if items is not None]

    def _given(self, definition: GraphQLField, node: FieldNode, fact: str) -> Iterator[tuple[Any, Any]]:
        """What the input fields say that have such a fact, and their values."""
        for argument in node.arguments or ():
            known = definition.args.get(argument.name.value)
            for name, price in (_priced(get_named_type(known.type), fact) if known else {}).items():
                yield price, self._field(argument.value, name)

    def _field(self, argument: Node, name: str) -> Any:
        """What an input object has in this field; None without it."""
        value = self._value(argument)
        if isinstance(value, ObjectValueNode):
            return next((self._value(field.value) for field in value.fields if field.name.value == name), None)
        return value.get(name) if isinstance(value, dict) else None

    def _value(self, value: Node) -> Any:
        """A variable's value, or its default as written; None for null."""
        if isinstance(value, NullValueNode):
            return None
        if not isinstance(value, VariableNode):
            return value
        name = value.name.value
        self.asked.add(name)
        return self._variables[name] if name in self._variables else self.defaults.get(name)


def is_connection(definition: GraphQLField) -> bool:
    """Whether it gives pages."""
    return "pageInfo" in getattr(get_named_type(definition.type), "fields", {})


def declared(definition: GraphQLField | GraphQLInputField, name: str, otherwise: float) -> float:
    """What the metadata of a field says under this name."""
    declaration = definition.extensions.get("strawberry-definition")
    value: float = declaration.metadata.get(name, otherwise) if declaration else otherwise
    return value


def _is_there(value: Any) -> bool:
    """Whether it is neither null nor empty."""
    return value.value != "" if isinstance(value, StringValueNode) else bool(value)


def _name(value: Any) -> str:
    """Of the value of an enum, as a literal or in a variable."""
    return str(getattr(value, "value", value))


@cache
def _priced(kind: Any, fact: str) -> Mapping[str, Any]:
    """The fields of an input type that cost something."""
    fields = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
    prices = {name: declared(field, fact, 0) for name, field in fields.items()}
    return {name: price for name, price in prices.items() if price}


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
