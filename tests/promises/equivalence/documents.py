"""Operations: hypothesis-graphql makes them up from the schema, `Writer` makes them meet rows and each other.

What Hypothesis makes up is valid, but names no row, goes seldom deep and knows no alias, fragment, directive or
variable. So each operation is written again: with ids, slugs and cursors that there are, more fields below, some twice
under other names, some in fragments, some skipped, some arguments as variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    print_ast,
    value_from_ast_untyped,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from tests.promises.equivalence.values import Values

DEPTH = 7  # of fields below each other
FIELDS = 60  # of an operation; what Hypothesis made up may be more
LEFT_OUT = {"first": 0.3, "last": 0.5, "after": 0.97, "before": 0.97}  # how often, of nullable arguments
SCALARS: dict[str, st.SearchStrategy[ValueNode]] = {
    "ID": st.just(nodes.String("id")),
    "String": st.just(nodes.String("text")),
    "Int": st.integers(-1, 4).map(nodes.Int),
    "Decimal": st.sampled_from(["0", "12.50", "-3", "1e9", "29.999"]).map(nodes.String),
    "DateTime": st.sampled_from(["2025-12-31T00:00:00Z", "2026-01-01T01:30:00Z", "2026"]).map(nodes.String),
    "UUID": st.just(nodes.String("0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f")),
}


@dataclass(frozen=True)
class Operation:
    """A document with one operation and its variables."""

    text: str
    variables: dict[str, Any] = field(default_factory=dict)


def made_up(schema: GraphQLSchema, kind: OperationType, root: str, count: int) -> list[FieldNode]:
    """At most so many selections of one root field, by hypothesis-graphql: the same ones in each run."""
    strategy = {OperationType.QUERY: queries, OperationType.MUTATION: mutations}[kind]
    found: list[FieldNode] = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=HealthCheck,
    )  # fmt: skip
    @given(document=strategy(schema, fields=[root], custom_scalars=SCALARS, print_ast=lambda document: document))
    def collect(document: Any) -> None:
        found.extend(document.definitions[0].selection_set.selections)

    collect()
    return found


class Writer:
    """Writes one operation; the same for the same `random`."""

    def __init__(self, schema: GraphQLSchema, random: Random, cursors: Sequence[str]) -> None:
        self._schema, self._random, self._values = schema, random, Values(random, cursors)
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}
        self._fragments: list[FragmentDefinitionNode] = []
        self._aliases = 0
        self._fields = 0

    def operation(self, kind: OperationType, roots: Sequence[FieldNode]) -> Operation:
        """An operation of these root fields, each maybe several times."""
        root = self._schema.get_root_type(kind)
        twice = [node for node in roots for _ in range(2 if self._chance(0.15) else 1)]
        selections = self._selections(root, twice, 0)
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        body = print_ast(SelectionSetNode(selections=tuple(selections)))
        fragments = "\n".join(print_ast(fragment) for fragment in self._fragments)
        return Operation(f"{kind.value} {declared} {body}\n{fragments}", self._variables)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _selections(self, parent: Any, selected: Sequence[Any], depth: int) -> list[Any]:
        written: list[Any] = []
        for node in selected:
            if isinstance(node, InlineFragmentNode):
                assert node.type_condition is not None
                kind = self._schema.type_map[node.type_condition.name.value]
                below = self._selections(kind, node.selection_set.selections, depth)
                written.append(self._fragment(kind, below))
            else:
                written.append(self._field(parent, node, depth, alias=depth == 0 or self._chance(0.1)))
        written += self._grown(parent, depth)
        if self._chance(0.3):
            cut = self._random.randrange(len(written))
            written[cut:] = [self._fragment(parent if self._chance(0.7) else None, written[cut:])]
        return written

    def _grown(self, parent: Any, depth: int) -> list[Any]:
        """More fields than Hypothesis chose, under names of their own."""
        grown: list[Any] = [FieldNode(name=NameNode(value="__typename"))] if self._chance(0.15) else []
        for _ in range(self._random.choice((0, 1, 1, 2, 3)) if 0 < depth < DEPTH and self._fields < FIELDS else 0):
            if is_abstract_type(parent):
                kind = self._random.choice(self._schema.get_possible_types(parent))
                grown.append(self._fragment(kind, self._leaves(kind, depth)))
            elif composites := [
                name for name, known in parent.fields.items() if is_composite_type(get_named_type(known.type))
            ]:
                name = FieldNode(name=NameNode(value=self._random.choice(composites)))
                grown.append(self._field(parent, name, depth, alias=True))
        return grown

    def _leaves(self, kind: Any, depth: int) -> list[Any]:
        """Some leaves of a type, and what grows beside them."""
        if is_abstract_type(kind):
            return [FieldNode(name=NameNode(value="__typename")), *self._grown(kind, depth)]
        names = [name for name, known in kind.fields.items() if not is_composite_type(get_named_type(known.type))]
        chosen = self._random.sample(names, min(len(names), 3)) or ["__typename"]
        return [FieldNode(name=NameNode(value=name)) for name in chosen] + self._grown(kind, depth)

    def _field(self, parent: Any, node: FieldNode, depth: int, *, alias: bool) -> FieldNode:
        known = parent.fields[node.name.value]
        kind = get_named_type(known.type)
        self._fields += 1
        self._aliases += alias
        selected = node.selection_set.selections if node.selection_set else ()
        below: list[Any] = []
        if is_composite_type(kind):
            below = self._selections(kind, selected, depth + 1) if selected else self._leaves(kind, depth + 1)
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        return FieldNode(
            name=node.name,
            alias=NameNode(value=f"a{self._aliases}") if alias else node.alias,
            arguments=tuple(self._arguments(node.name.value, known.args, given)),
            directives=tuple(self._directives()),
            selection_set=SelectionSetNode(selections=tuple(below)) if below else None,
        )

    def _fragment(self, kind: Any, below: list[Any]) -> Any:
        """Inline, or one with a name; without a type only inline."""
        condition = NamedTypeNode(name=NameNode(value=kind.name)) if kind else None
        selections = SelectionSetNode(selections=tuple(below))
        directives = tuple(self._directives())
        if condition is None or self._chance(0.7):
            return InlineFragmentNode(type_condition=condition, directives=directives, selection_set=selections)
        name = NameNode(value=f"F{len(self._fragments)}")
        self._fragments.append(
            FragmentDefinitionNode(name=name, type_condition=condition, selection_set=selections, directives=())
        )
        return FragmentSpreadNode(name=name, directives=directives)

    def _directives(self) -> list[DirectiveNode]:
        if not self._chance(0.08):
            return []
        name = self._random.choice(("skip", "include"))
        value: Any = BooleanValueNode(value=self._chance(0.5))
        if self._chance(0.6):
            value = self._variable("Boolean!", self._chance(0.5))
        argument = ArgumentNode(name=NameNode(value="if"), value=value)
        return [DirectiveNode(name=NameNode(value=name), arguments=(argument,))]

    def _variable(self, kind: str, value: Any) -> VariableNode:
        name = f"v{len(self._declared)}"
        self._declared.append(f"${name}: {kind}")
        self._variables[name] = value
        return VariableNode(name=NameNode(value=name))

    def _arguments(self, of: str, declared: dict[str, Any], given: dict[str, Any]) -> list[ArgumentNode]:
        pages = {"first", "last"} if self._chance(0.03) else {self._random.choice(("first", "first", "last"))}
        written = []
        for name, argument in declared.items():
            required = is_required_argument(argument)
            if not required and (name in {"first", "last"} - pages or self._chance(LEFT_OUT.get(name, 0.8))):
                continue
            value = self._values.value("orderId" if of == "order" else name, argument.type, given.get(name))
            if self._chance(0.3):
                value = self._variable(str(argument.type), value_from_ast_untyped(value))
            written.append(ArgumentNode(name=NameNode(value=name), value=value))
        return written
