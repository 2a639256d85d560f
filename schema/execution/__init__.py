"""Execution of GraphQL operations in plain threads, with loaders batched level by level."""

from __future__ import annotations

from typing import Any, cast

import graphql
from graphql import DocumentNode, ExecutionResult, GraphQLSchema

from schema.execution.executor import BatchingExecutor, is_awaitable

__all__ = ["BatchingExecutor", "execute"]


def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    context_value: Any,
    variable_values: dict[str, Any] | None = None,
    operation_name: str | None = None,
    root_value: Any = None,
    hide_suggestions: bool = False,
) -> ExecutionResult:
    """Execute a validated document; resolvers may await the loaders of ``context_value.loaders``.

    Field errors are in the result. Raises TypeError for an invalid schema and RuntimeError when a resolver awaits
    something that no loader is going to settle.
    """
    result = graphql.execute(
        schema,
        document,
        root_value,
        context_value,
        variable_values,
        operation_name,
        executor_class=BatchingExecutor,
        is_awaitable=is_awaitable,
        hide_suggestions=hide_suggestions,
    )
    return cast("ExecutionResult", result)
