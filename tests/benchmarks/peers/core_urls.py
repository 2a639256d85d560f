"""Our routes, to a view that executes by graphql-core alone: fields that batch read a batch of one."""

from __future__ import annotations

from typing import Any

import graphql

from schema import http
from tests.schema.execution.reference import Settling


def execute(
    schema: graphql.GraphQLSchema, document: graphql.DocumentNode, *, context_value: Any, plans: Any, **options: Any
) -> Any:
    """As `schema.execution.executor.execute`."""
    return graphql.execute(schema, document, None, context_value, executor_class=Settling, **options)


vars(http)["execute"] = execute

from backend.urls import urlpatterns  # noqa: E402

__all__ = ["urlpatterns"]
