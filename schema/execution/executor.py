"""Execution of GraphQL operations in plain threads: graphql-core's executor, driven without an event loop.

Only what graphql-core hands to asyncio is replaced, and each root field of a mutation is finished before the next one
starts. Resolving, completing and error handling stay graphql-core's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from types import CoroutineType, FunctionType
from typing import Any, TypeGuard, cast

import graphql
from graphql import DocumentNode, ExecutionResult, GraphQLObjectType, GraphQLSchema
from graphql.execution.executor import Executor
from graphql.pyutils import Path, Undefined
from graphql.pyutils import is_awaitable as default_is_awaitable

from domains.common.graphql.loaders import Deferred
from domains.common.guard import deadline
from schema.execution.driver import Gather, discard, drive

_PLAIN = frozenset({str, int, float, bool, type(None), dict, list, tuple})


def is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """graphql-core's predicate, quicker for what most fields hold; it is asked several times per field."""
    kind = type(value)
    if kind in _PLAIN:
        return False
    return kind is Deferred or kind is CoroutineType or default_is_awaitable(value)


def _driven[F: Callable[..., Any]](method: F) -> F:
    """The same code with another `gather`: replacing the name in graphql-core's module would break asyncio's users."""
    plain = cast("FunctionType", method)
    names = {**plain.__globals__, "gather_with_cancel": Gather}
    return cast("F", FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__, plain.__closure__))


class BatchingExecutor(Executor[Any]):
    """Executes synchronously what awaits loaders. ``context_value.loaders`` is the request's registry of them.

    It is asked for each time: a mutation that ends the viewer's session puts another in its place.
    """

    execute_fields = _driven(Executor.execute_fields)
    complete_iterable_value = _driven(Executor.complete_iterable_value)

    def execute_operation(self, serially: bool | None = None) -> Any:
        return self._finish(super().execute_operation(serially))

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: dict[str, Any],
        position_context: Any,
    ) -> dict[str, Any]:
        """Each field with all its sub-fields, then the next; what was loaded before it is not trusted after it."""
        results: dict[str, Any] = {}
        for name, details in grouped_field_set.items():
            field_path = Path(path, name, parent_type.name)
            result = self.execute_field(parent_type, source_value, details, field_path, position_context)
            if result is not Undefined:
                results[name] = self._finish(result)
            self.context_value.loaders.clear()
        return results

    def gather_async_work(self, values: Sequence[Awaitable[Any]]) -> Any:
        return Gather(*values)

    def settle_in_background(self, awaitables: list[Awaitable[Any]]) -> None:
        """Give them up: nobody is going to read what they would answer."""
        for awaitable in awaitables:
            discard(awaitable)

    def _finish(self, result: Any) -> Any:
        return drive(result, self._dispatch) if self.is_awaitable(result) else result

    def _dispatch(self) -> bool:
        deadline.check()
        waiting: bool = self.context_value.loaders.dispatch()
        return waiting


def execute(schema: GraphQLSchema, document: DocumentNode, *, context_value: Any, **options: Any) -> ExecutionResult:
    """`graphql.execute` of a validated document; resolvers may await the loaders of ``context_value.loaders``.

    Field errors are in the result. Raises TypeError for an invalid schema and RuntimeError when a resolver awaits
    something that no loader is going to settle.
    """
    options |= {"executor_class": BatchingExecutor, "is_awaitable": is_awaitable}
    return cast("ExecutionResult", graphql.execute(schema, document, None, context_value, **options))
