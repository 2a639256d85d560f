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
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from schema.merge import core

MAX_TOKENS = 5_000
CACHED_DOCUMENTS = 1_000


@dataclass(frozen=True, slots=True)
class Document:
    """A checked document, or the errors that it has and their code."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    code: str = ""

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        return get_operation_ast(self.node, name) if self.node else None


@lru_cache(maxsize=CACHED_DOCUMENTS)
def read(query: str, *, introspection: bool) -> Document:
    """Parse and validate."""
    try:
        node = parse(query, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        return Document(None, (error,), "GRAPHQL_PARSE_FAILED")
    except RecursionError:
        return Document(None, (GraphQLError("The document is nested too deeply"),), "GRAPHQL_PARSE_FAILED")
    rules = [*specified_rules] if introspection else [*specified_rules, NoSchemaIntrospectionCustomRule]
    try:
        errors = validate(core, node, rules)
    except RecursionError:
        errors = [GraphQLError("The document is nested too deeply")]
    return Document(node, tuple(errors), "GRAPHQL_VALIDATION_FAILED") if errors else Document(node)


def root_fields(operation: OperationDefinitionNode) -> set[str]:
    """The names of an operation's root fields; "..." stands for a fragment."""
    return {node.name.value if isinstance(node, FieldNode) else "..." for node in operation.selection_set.selections}
