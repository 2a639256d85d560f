"""Parsing and validating, once for each document: clients send the same few again and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.merge import core
from schema.request import NUL_MESSAGE

MAX_TOKENS = 5_000
CACHED_DOCUMENTS = 1_000
CACHED_CHARACTERS = 10_000
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)  # what inputs of Strawberry need besides


@dataclass(frozen=True, slots=True)
class Document:
    """A checked document, or the errors that it has and their code."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    code: str = ""

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        return get_operation_ast(self.node, name) if self.node else None


def read(query: str, *, introspection: bool) -> Document:
    """Parse and validate."""
    # Long documents are not kept: a thousand of them would fill the memory.
    checked = _cached if len(query) <= CACHED_CHARACTERS else _checked
    return checked(query, introspection)


def _checked(query: str, introspection: bool) -> Document:
    try:  # what is nested too deeply is a GraphQLError of both, never a RecursionError
        node = parse(query, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        return Document(None, (error,), "GRAPHQL_PARSE_FAILED")
    if "\\u" in query and (nul := _nul(node)):
        return Document(None, (GraphQLError(NUL_MESSAGE, nul),), "BAD_USER_INPUT")
    rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
    errors = validate(core, node, rules)
    return Document(node, tuple(errors), "GRAPHQL_VALIDATION_FAILED") if errors else Document(node)


_cached = lru_cache(maxsize=CACHED_DOCUMENTS)(_checked)


def _nul(node: DocumentNode) -> StringValueNode | None:
    """A text literal that holds a NUL: GraphQL has escapes of its own for it."""
    finder = _NulFinder()
    visit(node, finder)
    return finder.found


class _NulFinder(Visitor):
    found: StringValueNode | None = None

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if "\x00" in node.value:
            self.found = node


def root_fields(operation: OperationDefinitionNode) -> set[str]:
    """The names of an operation's root fields; "..." stands for a fragment."""
    return {node.name.value if isinstance(node, FieldNode) else "..." for node in operation.selection_set.selections}
