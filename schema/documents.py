"""Parsing, measuring and validating, once for each document: clients send the same few again and again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    Token,
    ValueNode,
    ValuesOfCorrectTypeRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.exceptions import StrawberryGraphQLError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from domains.common.graphql.scalars import SafeError
from domains.common.guard.computing import Experience, alone
from domains.common.measuring.sampling import sampled
from schema import lifting, metrics
from schema.cost import MAX_NESTING, Counts, Meter, TooDeep
from schema.errors import TOO_COMPLEX
from schema.execution.plan import Plans
from schema.merge import core
from schema.redaction import Refusal, ValuesRule
from schema.request import NUL_MESSAGE
from schema.sizes import declared

INVALID = "GRAPHQL_VALIDATION_FAILED"
MAX_TOKENS = 5_000
# graphql-core reads the text up to an error to tell its line, and there may be a hundred errors: a megabyte of empty
# lines before them took 20 seconds.
MAX_LINES = 5_000
MAX_CHARACTERS = 100_000
CACHED_DOCUMENTS = 200  # each holds up to 1.2 MB when parsed; the one that was not used for longest goes first
CACHED_CHARACTERS = 10_000
MAX_TOLD = 1_000_000_000  # nested fragments can stand for numbers that no JSON reader takes
CACHED_COSTS = 20  # of one document: clients ask for pages of few sizes
RULES = (  # graphql-core's, its words about values by ours, and what Strawberry's inputs need besides
    *(ValuesRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A checked document, or the errors that it has and their code."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    code: str = ""
    plans: Plans = field(default_factory=Plans, compare=False, repr=False)
    _sizes: frozenset[str] = frozenset()
    _costs: dict[tuple[Any, ...], int] = field(default_factory=dict, compare=False, repr=False)
    experience: Experience = field(default_factory=Experience, compare=False, repr=False)
    _labels: dict[Any, str] = field(default_factory=dict, compare=False, repr=False)
    literals: Mapping[str, ValueNode] = field(default_factory=dict)  # that became variables: see `lifting`
    unfit: tuple[GraphQLError, ...] = ()  # why: the errors of the document as it was written

    def variables(self, operation: OperationDefinitionNode, sent: dict[str, Any] | None) -> dict[str, Any] | None:
        """Those that were sent, and those that literals became."""
        return lifting.values(self.literals, operation, sent or {}) if self.literals else sent

    def cost(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        """What executing the operation with these raw variables costs at most, in units; see `schema.cost`."""
        given = tuple((name, _size_of(variables[name])) for name in sorted(self._sizes) if name in variables)
        key = operation.loc and operation.loc.start, *given
        if (cost := self._costs.get(key)) is None:  # another thread may clear them between two looks
            assert self.node is not None
            cost = Meter(core, self.node, variables).operation(operation).price
            if len(self._costs) >= CACHED_COSTS:
                self._costs.clear()
            self._costs[key] = cost
        return cost

    def label(self, operation: OperationDefinitionNode, *, trusted: bool) -> str:
        """What the operation is called in metrics: clients may send any number of names, so few are believed.

        That of a trusted document, the first of them. All else is called by its kind and root field, such as
        `query.products`, or `query.several`.
        """
        if trusted and operation.name and metrics.is_known(operation.name.value):
            return operation.name.value
        key = operation.loc and operation.loc.start
        if (label := self._labels.get(key)) is None:
            assert self.node is not None
            fields = root_fields(self.node, operation)
            what = next(iter(fields)) if len(fields) == 1 else "several"
            label = self._labels[key] = f"{operation.operation.value}.{what}"
        return label

    def refusal(self, operation: OperationDefinitionNode, cost: int, allowed: int) -> GraphQLError | None:
        """Why the operation is not carried out: it costs too much, or calls a mutation too often."""
        assert self.node is not None
        if cost > allowed:
            return excess("cost", cost, allowed)
        kind = core.get_root_type(operation.operation)
        for name, count in root_fields(self.node, operation).items() if kind is core.mutation_type else ():
            if kind and count > (most := declared(kind.fields[name], "per_document", math.inf)):
                return excess(name, count, int(most))
        return None


def _size_of(value: Any) -> Any:
    """What of a variable the cost depends on: a number, the length of a list, whether there is a text."""
    if isinstance(value, dict):
        return tuple(sorted((name, repr(_size_of(field))) for name, field in value.items()))
    return ("list", len(value)) if isinstance(value, list) else bool(value) if isinstance(value, str) else value


def read(query: str, *, introspection: bool) -> Document:
    """Parse, measure and validate; long ones one at a time."""
    limits = Counts(**settings.QUERY_LIMITS)
    if not is_long(query):
        return _cached(query, introspection, limits)
    with alone():
        return _checked(query, introspection, limits)


def is_long(query: str) -> bool:
    """Whether it takes long to check, each time: long ones are not kept, they would fill the memory."""
    return len(query) > CACHED_CHARACTERS


def _checked(query: str, introspection: bool, limits: Counts) -> Document:
    if len(query) > MAX_CHARACTERS or _lines(query) > MAX_LINES:
        told = f"A document has at most {MAX_CHARACTERS} characters and {MAX_LINES} lines; send values as variables"
        return Document(None, (SafeError(told),), "GRAPHQL_PARSE_FAILED")
    try:  # what is nested too deeply is a GraphQLError of both, never a RecursionError
        node = parse(query, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        return Document(None, (error,), "GRAPHQL_PARSE_FAILED")
    if "\\u" in query and (nul := _nul(node)):
        return Document(None, (nul,), "BAD_USER_INPUT")
    meter = Meter(core, node, {})
    if (too_much := _measured(meter, limits)) is not None:
        return Document(None, (too_much,), TOO_COMPLEX)
    rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
    if meter.cyclic:
        rules = (NoFragmentCyclesRule,)
    # A schema that is not told must not be guessed from suggestions.
    errors = validate(core, node, rules, hide_suggestions=not introspection)
    if not errors:
        return Document(node, _sizes=frozenset(meter.sizes))
    if not all(isinstance(error, (Refusal, StrawberryGraphQLError)) for error in errors):  # the latter's are of nulls
        return Document(node, tuple(errors), INVALID)
    if (lifted := lifting.lift(core, node, errors)) is None:
        return Document(node, tuple(errors), "BAD_USER_INPUT")
    meter = Meter(core, lifted.node, {})
    meter.document()  # tells which variables the price depends on
    return Document(lifted.node, _sizes=frozenset(meter.sizes), literals=lifted.literals, unfit=tuple(errors))


def _lines(query: str) -> int:
    """As graphql-core counts them: LF, CR or both end one."""
    return 1 + query.count("\n") + query.count("\r") - query.count("\r\n")


def _measured(meter: Meter, limits: Counts) -> GraphQLError | None:
    """Refuses before validation what would take long to validate."""
    try:
        counts = meter.document()
        if not (found := counts.excess(limits)) and not meter.cyclic:
            found = counts._replace(comparisons=meter.comparisons()).excess(limits)
    except TooDeep:
        found = "depth", MAX_NESTING, limits.depth
    return excess(*found) if found else None


def excess(what: str, measured: int, allowed: int) -> GraphQLError:
    """The error for more than is allowed."""
    measured = min(measured, MAX_TOLD)
    told = f"The query has a {what} of {measured}" if what in ("cost", "depth") else f"The query has {measured} {what}"
    if what in ("bytes", "milliseconds"):
        told = f"The answer {'has' if what == 'bytes' else 'took'} {measured} {what} or more"
    if what == "comparisons":
        told = f"The query selects the same names so often that {measured} pairs of fields must be compared"
    message = f"{told}; at most {allowed} is allowed. Ask for less at once: smaller pages, fewer fields, more requests"
    return SafeError(message, extensions={"limit": what, "measured": measured, "allowed": allowed})


_cached = lru_cache(maxsize=CACHED_DOCUMENTS)(_checked)


@sampled
def _look() -> None:
    hits, misses, *_ = _cached.cache_info()
    for result, count in (("hit", hits), ("miss", misses)):
        metrics.DOCUMENTS.labels(result).inc(max(0, count - _looked[result]))
        _looked[result] = count


_looked = {"hit": 0, "miss": 0}


def _nul(document: DocumentNode) -> GraphQLError | None:
    """A text literal may hold a NUL: GraphQL has escapes of its own for it."""
    assert document.loc is not None
    token: Token | None = document.loc.start_token
    while token and "\x00" not in (token.value or ""):
        token = token.next
    return SafeError(NUL_MESSAGE, source=document.loc.source, positions=[token.start]) if token else None


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> Counter[str]:
    """How often an operation calls each root field, those in fragments too; __typename asks nothing of anybody.

    Only of a valid document: the limit on spreads is what keeps this short.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    found: Counter[str] = Counter()
    waiting = [operation.selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found[node.name.value] += 1
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                waiting.append(fragments[node.name.value].selection_set)
    del found["__typename"]
    return found
