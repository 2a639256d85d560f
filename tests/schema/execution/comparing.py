"""One document on graphql-core under asyncio and on the driver."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from graphql import DocumentNode, ExecutionResult, GraphQLSchema, parse

from domains.common.graphql.loaders import Loaders
from schema.execution.executor import execute
from tests.schema.execution.asyncio_twin import TwinLoaders, execute_under_asyncio
from tests.schema.execution.people import Batches


@dataclass
class Answer:
    data: Any
    errors: list[tuple[str, Any, Any]]
    batches: Batches

    @property
    def settled(self) -> tuple[Any, list[str], list[str], Batches]:
        """What does not depend on who ran first: data, errors where they stand, which places others made null.

        Of several errors below a place that becomes null the first one ends the rest: which that is, and what was
        still read for the others, the specification leaves open. So it does the order of the keys within a batch.
        """
        own, swallowed = [], set()
        for message, path, locations in self.errors:
            place = _null_in(self.data, path)
            if place == path:
                own.append(f"{message} {path} {locations}")
            else:
                swallowed.add(str(place))
        batches = [] if swallowed else [(loader, sorted(keys)) for loader, keys in self.batches]
        return self.data, sorted(own), sorted(swallowed), batches


def _null_in(data: Any, path: list[str | int] | None) -> list[str | int]:
    """The part of the path that leads to the first null."""
    for depth, key in enumerate(path or []):
        if data is None:
            return (path or [])[:depth]
        data = data[key]
    return path or []


def _run(run: Callable[..., ExecutionResult], registry: type[Loaders], document: str | DocumentNode) -> Answer:
    batches: Batches = []
    context = SimpleNamespace(loaders=registry(cast("Any", batches)))
    result = run(parse(document) if isinstance(document, str) else document, context)
    errors = [(error.message, error.path, error.locations) for error in result.errors or []]
    return Answer(result.data, errors, batches)


def by_driver(schema: GraphQLSchema, document: str | DocumentNode) -> Answer:
    """The driver's answer. No coroutine may be left that nobody awaited."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = _run(lambda parsed, context: execute(schema, parsed, context_value=context), Loaders, document)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
    return answer


def by_asyncio(schema: GraphQLSchema, document: str | DocumentNode) -> Answer:
    """What graphql-core itself answers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # graphql-core leaves coroutines of failed fields behind
        answer = _run(partial(execute_under_asyncio, schema), TwinLoaders, document)
        gc.collect()
    return answer
