"""What a document asks for, counted before it is validated.

One pass: each fragment is counted once however often it is spread, so a bomb of nested fragments costs no more than
its length. The counts are those of the document with every spread written out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)

from schema.sizes import Arguments, Around, declared, is_connection

UNIT_SECONDS = 0.00003  # of processor time, about: `python -m tests.benchmarks.bench_worst_document`
ENTITY_COST, OBJECT_COST, LEAF_COST = 1, 0.4, 0.1  # a row in the answer, what is none (money, an edge), a value
CURSOR_COST = 0.6  # of each row of a page besides: its edge, whose cursor is signed whether or not it is asked for
LEAF_COSTS = {"ID": 0.25, "DateTime": 0.15}
READ_COST = 60  # of each root field of a query, and of each list that has pages: a statement, however many it serves
MUTATION_COST = 300  # of each root field of a mutation: locks and a dozen statements
MAX_NESTING = 100  # fields and fragments inside each other; far above any depth that is allowed


class Counts(NamedTuple):
    """What a selection, an operation or a document holds, or may hold. Introspection has no depth and no cost."""

    operations: int = 0
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    spreads: int = 0
    values: int = 0
    comparisons: int = 0
    cost: float = 0  # of what the answer may hold; a list multiplies what is in it
    calls: float = 0  # the cost of what is called once, however many ask for it: statements that serve all parents

    @property
    def price(self) -> int:
        """What executing it costs at most, in units; `cost` and `calls` together."""
        return math.ceil(round(self.cost + self.calls, 3))

    def excess(self, limits: Counts) -> tuple[str, int, int] | None:
        """What there is too much of, how much, and how much is allowed."""
        found = zip(self._fields, self, limits, strict=True)
        return next(((name, int(count), int(allowed)) for name, count, allowed in found if count > allowed), None)


class TooDeep(Exception):
    """Nested more deeply than is worth counting."""


def total(parts: Sequence[Counts]) -> Counts:
    """Side by side: everything adds up, the deepest counts."""
    return Counts(*map(sum, zip(*parts, strict=True)))._replace(depth=max((part.depth for part in parts), default=0))


class Meter:
    """Counts one document; `variables` are the raw ones of the request, for the sizes of pages."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._arguments = Arguments(variables)
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._unused: Set[str] = frozenset()
        self._operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        self._known: dict[tuple[str, Around | None], Counts | None] = {}  # None while it is being counted
        self.sizes = self._arguments.asked  # the variables that the price depends on
        self.cyclic = False

    def document(self) -> Counts:
        """All definitions together, unused ones too: validation reads them all. Raises TooDeep."""
        operations = [self.operation(node) for node in self._operations]
        self._unused = self._fragments.keys() - {name for name, _ in self._known}
        return total([*operations, *(self._fragment(name, None, 0) for name in self._unused)])._replace(cost=0, calls=0)

    def comparisons(self) -> int:
        """How many pairs of fields and of fragments validation compares. Only after `document`, and without cycles."""
        roots = [*self._operations, *(self._fragments[name] for name in self._unused)]
        return sum(_overlaps(node.selection_set, self._fragments) for node in roots)

    def operation(self, node: OperationDefinitionNode) -> Counts:
        """One operation. Raises TooDeep."""
        variables = node.variable_definitions or ()
        defaults = {v.variable.name.value: v.default_value for v in variables if v.default_value}
        self._arguments.defaults = defaults
        own = Counts(
            operations=1,
            directives=len(node.directives or ()) + sum(len(v.directives or ()) for v in variables),
            values=len(variables) + sum(map(_value_nodes, defaults.values())),
        )
        return total([own, self._set(node.selection_set, self._schema.get_root_type(node.operation), None, 0)])

    def _set(
        self, node: SelectionSetNode, parent: GraphQLNamedType | None, around: Around | None, level: int
    ) -> Counts:
        if level > MAX_NESTING:
            raise TooDeep
        return total([self._selection(selection, parent, around, level) for selection in node.selections])

    def _selection(self, node: Node, parent: GraphQLNamedType | None, around: Around | None, level: int) -> Counts:
        if isinstance(node, FieldNode):
            return self._field(node, parent, around, level)
        own = Counts(spreads=1, directives=len(getattr(node, "directives", None) or ()))
        if isinstance(node, FragmentSpreadNode):
            return total([own, self._fragment(node.name.value, around, level + 1)])
        assert isinstance(node, InlineFragmentNode)
        condition: Any = node.type_condition  # absent from an inline fragment that only carries a directive
        inner = self._schema.get_type(condition.name.value) if condition else parent
        return total([own, self._set(node.selection_set, inner, around, level + 1)])

    def _fragment(self, name: str, around: Around | None, level: int) -> Counts:
        key = name, around
        if key not in self._known:
            self._known[key] = None
            node = self._fragments.get(name)
            condition = self._schema.get_type(node.type_condition.name.value) if node else None
            self._known[key] = self._set(node.selection_set, condition, around, level) if node else Counts()
        counts = self._known[key]
        if counts is None:
            self.cyclic = True
        return counts or Counts()

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, around: Around | None, level: int) -> Counts:
        name = node.name.value
        introspection = parent is None or parent.name.startswith("__") or name.startswith("__")
        definition = None if introspection else getattr(parent, "fields", {}).get(name)
        kind = get_named_type(definition.type) if definition else None
        times, inside = self._arguments.items(definition, node, around) if definition else (1, None)
        inner = self._set(node.selection_set, kind, inside, level + 1) if node.selection_set else Counts()
        own = _own_cost(kind) if kind else 0
        if around and name in ("nodes", "edges"):
            own += CURSOR_COST
        if name == "__typename" and parent and not parent.name.startswith("__"):
            own = LEAF_COST
        return inner._replace(
            depth=0 if introspection else inner.depth + 1,
            fields=inner.fields + 1,
            aliases=inner.aliases + (node.alias is not None),
            directives=inner.directives + len(node.directives or ()),
            values=inner.values + sum(_value_nodes(argument.value) for argument in node.arguments or ()),
            cost=times * (own + inner.cost),
            calls=inner.calls + (self._call(definition, node, parent, around) if definition else 0),
        )

    def _call(
        self, definition: GraphQLField, node: FieldNode, parent: GraphQLNamedType | None, around: Around | None
    ) -> float:
        """What it costs to call the field for all of its parents. What counts a list reads it by its filter again."""
        usual = MUTATION_COST if parent is self._schema.mutation_type else 0
        if parent in (self._schema.query_type, self._schema.subscription_type) or is_connection(definition):
            usual = READ_COST
        cost = declared(definition, "cost", usual)
        again = around.filter if around and cost else 0
        return cost + again + self._arguments.price(definition, node)


def _own_cost(kind: GraphQLNamedType) -> float:
    """Of one of them, without what is in it."""
    if is_leaf_type(kind):
        return LEAF_COSTS.get(kind.name, LEAF_COST)
    names = {kind.name, *(each.name for each in getattr(kind, "interfaces", ()))}
    return ENTITY_COST if "Node" in names else OBJECT_COST


def _value_nodes(value: Node) -> int:
    """How many literals and variables an argument is made of; the parser has refused what nests too deeply."""
    if isinstance(value, ObjectValueNode):
        return 1 + sum(_value_nodes(field.value) for field in value.fields)
    return 1 + sum(map(_value_nodes, value.values)) if isinstance(value, ListValueNode) else 1


def _overlaps(root: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """Pairs under one response name, level by level. graphql-core compares each pair, so they are what costs time."""
    pairs = 0
    waiting = [[root]]
    while waiting:
        merged = waiting.pop()
        names: Counter[str] = Counter()
        below: dict[str, list[SelectionSetNode]] = {}
        spread: set[str] = set()
        while merged:
            for node in merged.pop().selections:
                if isinstance(node, FieldNode):
                    name = node.alias.value if node.alias else node.name.value
                    names[name] += 1
                    if node.selection_set:
                        below.setdefault(name, []).append(node.selection_set)
                elif isinstance(node, InlineFragmentNode):
                    merged.append(node.selection_set)
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    if node.name.value in fragments:
                        merged.append(fragments[node.name.value].selection_set)
        pairs += sum(count * (count - 1) // 2 for count in (*names.values(), len(spread)))
        waiting += below.values()
    return pairs
