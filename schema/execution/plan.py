"""What a document selects, worked out once: selections of fields, one for each type that they are read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

CACHED_PLANS = 20  # of one document: one for each choice that its @skip and @include make


type Info = GraphQLResolveInfo[Any]


class Kind(Enum):
    """What a value is completed to."""

    LEAF = auto()
    LIST = auto()
    OBJECT = auto()
    ABSTRACT = auto()


@dataclass(slots=True)
class Shape:
    """A type of a field, as completion needs it; `item` is that of a list's items."""

    type: Any
    kind: Kind
    required: bool
    item: Shape | None = None

    @classmethod
    def of(cls, kind: GraphQLOutputType) -> Shape:
        required = is_non_null_type(kind)
        named: Any = kind.of_type if is_non_null_type(kind) else kind
        if is_list_type(named):
            return cls(named, Kind.LIST, required, cls.of(named.of_type))
        what = Kind.LEAF if is_leaf_type(named) else Kind.OBJECT if is_object_type(named) else Kind.ABSTRACT
        return cls(named, what, required)


@dataclass(slots=True, eq=False)
class Field:
    """One key of an answer's objects: where its value comes from, and what of it is selected."""

    key: str
    name: str
    parent: GraphQLObjectType
    definition: GraphQLField
    details: list[FieldDetails]
    shape: Shape
    arguments: dict[str, Any] | None  # None where they depend on variables
    below: dict[str, Selection] = field(default_factory=dict)  # by the name of the object type
    attribute: str | None = field(init=False)  # what of the object is the value
    relation: tuple[Any, str] | None = field(init=False)  # the class of a loader, and what of the object is its key
    batch: Any = field(init=False)  # the resolver that is called once with all objects

    def __post_init__(self) -> None:
        facts = self.definition.extensions
        self.attribute, self.relation, self.batch = facts.get("attribute"), facts.get("relation"), facts.get("batch")

    @property
    def nodes(self) -> list[FieldNode]:
        return [detail.node for detail in self.details]

    @property
    def asks_info(self) -> bool:
        """Whether anything that makes its values looks at `info`."""
        return not (self.attribute and self.shape.kind is Kind.LEAF)


@dataclass(slots=True, eq=False)
class Selection:
    """What is read from the objects of one type, in the order of the answer."""

    type: GraphQLObjectType
    fields: list[Field]
    template: dict[str, Any]  # an answer's object before its fields are known: copies keep the order
    error: GraphQLError | None = None  # why there is none: a @skip or @include whose variable is null


@dataclass(slots=True, eq=False)
class Plan:
    """An operation under one choice of its @skip and @include."""

    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    root: Selection
    kept: dict[Any, Any] = field(default_factory=dict)  # what those who read for it have worked out

    def selections(self) -> Iterator[Selection]:
        """All of them, outermost first."""
        waiting = [self.root]
        while waiting:
            selection = waiting.pop()
            yield selection
            waiting += [below for one in selection.fields for below in one.below.values()]


class Plans:
    """The plans of one document, at most CACHED_PLANS of them. Threads may share it."""

    def __init__(self) -> None:
        self._plans: dict[Any, Plan] = {}
        self._choosing: dict[int, list[str]] = {}

    def get(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, values: VariableValues
    ) -> Plan:
        """The plan of an operation of this document under these variables."""
        place = id(operation)  # the document lives as long as its plans
        if (names := self._choosing.get(place)) is None:
            names = self._choosing[place] = sorted(_choosing(document))
        key = (place, *(values.coerced.get(name) for name in names))
        if (plan := self._plans.get(key)) is None:
            plan = _Planner(schema, document, operation, values).plan()
            if len(self._plans) >= CACHED_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan


def _choosing(document: DocumentNode) -> set[str]:
    """The variables that decide what is skipped or included."""
    found = set()
    waiting: list[Any] = [*document.definitions]
    while waiting:
        node = waiting.pop()
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                found |= set(_variables([argument.value for argument in directive.arguments or ()]))
        waiting += getattr(getattr(node, "selection_set", None), "selections", ())
    return found


def _variables(values: Sequence[Node]) -> Iterator[str]:
    """The names of the variables in literals."""
    waiting: list[Any] = [*values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            yield value.name.value
        waiting += getattr(value, "values", ())
        waiting += [one.value for one in getattr(value, "fields", ())]


class _Planner:
    """Makes one plan; graphql-core collects the fields."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, values: VariableValues
    ) -> None:
        self._schema, self._operation, self._values = schema, operation, values
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._details = {name: FragmentDetails(node) for name, node in self._fragments.items()}

    def plan(self) -> Plan:
        """Raises GraphQLError for an operation without a root type, and where none of its fields can be chosen."""
        root = self._schema.get_root_type(self._operation.operation)
        if root is None:
            kind = OperationType(self._operation.operation).value
            raise GraphQLError(f"Schema is not configured to execute {kind} operation.", self._operation)
        found = collect_fields(self._schema, self._details, self._values, root, self._operation)
        return Plan(self._operation, self._fragments, self._selection(root, found.grouped_field_set))

    def _selection(self, parent: GraphQLObjectType, grouped: dict[str, list[FieldDetails]]) -> Selection:
        fields = [planned for key, details in grouped.items() if (planned := self._field(parent, key, details))]
        return Selection(parent, fields, dict.fromkeys(one.key for one in fields))

    def _field(self, parent: GraphQLObjectType, key: str, details: list[FieldDetails]) -> Field | None:
        node = details[0].node
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:  # only in a document that was not validated
            return None
        shape, arguments = Shape.of(definition.type), _constant(definition, node)
        planned = Field(key, node.name.value, parent, definition, details, shape, arguments)
        for kind in self._possible(definition.type):
            planned.below[kind.name] = self._below(kind, details)
        return planned

    def _below(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        try:
            found = collect_subfields(self._schema, self._details, self._values, self._operation, kind, details)
        except GraphQLError as error:
            return Selection(kind, [], {}, error)
        return self._selection(kind, found.grouped_field_set)

    def _possible(self, kind: GraphQLOutputType) -> list[GraphQLObjectType]:
        named: Any = get_named_type(kind)
        if is_abstract_type(named):
            abstract: GraphQLAbstractType = named
            return self._schema.get_possible_types(abstract)
        return [named] if is_object_type(named) else []


def _constant(definition: GraphQLField, node: FieldNode) -> dict[str, Any] | None:
    """The arguments, where they are the same each time."""
    if not definition.args:
        return {}
    given = [argument.value for argument in node.arguments or ()]
    if next(_variables(given), None) is not None:
        return None
    try:
        return get_argument_values(definition, node)
    except GraphQLError:
        return None  # told when it is executed
