"""Our routes, to a view that executes by graphql-core alone: fields that batch read a batch of one."""

from __future__ import annotations

from typing import Any

import graphql

from schema import http


def execute(
    schema: graphql.GraphQLSchema, document: graphql.DocumentNode, *, context_value: Any, **options: Any
) -> Any:
    """As `schema.execution.executor.execute`. Raises RuntimeError where a resolver needs an event loop."""
    return graphql.execute_sync(schema, document, None, context_value, **options)


vars(http)["execute"] = execute

from backend.urls import urlpatterns  # noqa: E402

__all__ = ["urlpatterns"]
