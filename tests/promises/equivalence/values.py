"""Values of arguments and inputs that name rows of the shop, mostly."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

from graphql import (
    BooleanValueNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)
from hypothesis_graphql import nodes

from tests.promises.equivalence.shop import IDS

TEXTS = {
    "slug": ["category-0", "category-1", "product-1", "product-3", "none"],
    "sku": ["SKU-0", "SKU-2", "SKU-7", "none"],
    "search": ["oak", "chair 3", "SKU-1", "glass", ""],
    "number": ["2026-900001", "2026-900004", "1999-000001"],
    "email": ["person0@example.com", "person9@example.com", "no address"],
    "password": ["correct horse battery", "wrong horse battery"],
    "currentPassword": ["correct horse battery", "wrong horse battery"],
    "reason": ["Broken", ""],
    "paymentMethod": ["pm_card_visa", "pm_unknown"],
}
IDS_OF = {
    "productId": "Product", "categoryId": "Category", "categoryIds": "Category", "orderId": "Order",
    "customerId": "User", "sessionId": "Session", "messageId": "FailedMessage",
}  # fmt: skip


class Values:
    """Chooses them; the same for the same `random`."""

    def __init__(self, random: Random, cursors: Sequence[str]) -> None:
        self._random, self._cursors = random, cursors

    def chance(self, share: float) -> bool:
        """True that often."""
        return self._random.random() < share

    def value(self, name: str, kind: Any, node: Any) -> ValueNode:
        """A value for an argument or a field of an input; `node` is what Hypothesis made up, if anything."""
        if not is_non_null_type(kind) and (self.chance(0.1) or isinstance(node, NullValueNode)):
            return NullValueNode()
        kind = get_nullable_type(kind)
        if is_list_type(kind):
            count = self._random.choice((1, 2, 3, 4))
            return ListValueNode(values=tuple(self.value(name, kind.of_type, None) for _ in range(count)))
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind, node)
        if isinstance(kind, GraphQLEnumType):
            return nodes.Enum(self._random.choice(list(kind.values)))
        if kind.name == "Int":
            return nodes.Int(self._random.choice((0, 1, 2, 2, 3, 3, -1 if name not in ("first", "last") else 4)))
        if kind.name in ("ID", "String"):
            return StringValueNode(value=self._text(name))
        return node if node is not None and not isinstance(node, NullValueNode) else _example(kind.name, self._random)

    def _input(self, kind: GraphQLInputObjectType, node: Any) -> ObjectValueNode:
        given = {one.name.value: one.value for one in node.fields} if isinstance(node, ObjectValueNode) else {}
        names = [name for name, known in kind.fields.items() if is_required_argument(known) or self.chance(0.25)]
        if kind.is_one_of:
            names = [self._random.choice(list(kind.fields))]
        fields = []
        for name in names:
            of = get_nullable_type(kind.fields[name].type) if kind.is_one_of else kind.fields[name].type
            value = self.value("productId" if name == "id" else name, of, given.get(name))
            if kind.is_one_of and isinstance(value, NullValueNode):
                value = StringValueNode(value=self._text(name))
            fields.append(ObjectFieldNode(name=NameNode(value=name), value=value))
        return ObjectValueNode(fields=tuple(fields))

    def _text(self, name: str) -> str:
        if name in ("after", "before"):
            return self._random.choice(self._cursors)
        if name in ("id", "ids"):
            kind = self._random.choice([*IDS, "Order", "Order", "Product", "Category", "Category"])
            return self._random.choice([*IDS[kind], *IDS[kind], "none"])
        if name in IDS_OF:
            return self._random.choice([*IDS[IDS_OF[name]], "none"])
        return self._random.choice(TEXTS.get(name, ["Oak table", ""]))


def _example(scalar: str, random: Random) -> ValueNode:
    """A value where Hypothesis made up none."""
    if scalar == "Boolean":
        return BooleanValueNode(value=random.random() < 0.5)
    texts = {"Decimal": ["1", "12.50"], "DateTime": ["2026-01-01T01:30:00Z"], "UUID": [str(UUID(int=7))]}
    return StringValueNode(value=random.choice(texts[scalar]))
