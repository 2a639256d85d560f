"""graphql-core's execution, driven without an event loop.

Only what graphql-core hands to ``asyncio.gather`` is replaced, and each root field of a mutation is finished before the
next one starts. Resolving, completing and error handling stay graphql-core's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from types import CoroutineType, FunctionType
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    default_type_resolver,
    located_error,
)
from graphql.execution import ExecutionContext
from graphql.pyutils import AwaitableOrValue, Path, Undefined, is_iterable
from graphql.pyutils import is_awaitable as default_is_awaitable

from domains.common.graphql.loaders import Deferred, Loaders
from schema.execution.driver import Driver, Gather, discard

# The same code with another `gather`: replacing the name in graphql-core's module would break its use under asyncio.
_type_resolver = FunctionType(
    default_type_resolver.__code__,
    {**default_type_resolver.__globals__, "gather": Gather},
    argdefs=default_type_resolver.__defaults__,
)
_PLAIN = frozenset({str, int, float, bool, type(None), dict, list, tuple})


def is_awaitable(value: Any) -> bool:
    """graphql-core's predicate, quicker for what most fields hold; it is asked several times per field."""
    kind = type(value)
    if kind in _PLAIN:
        return False
    return kind is Deferred or kind is CoroutineType or default_is_awaitable(value)


class BatchingExecutionContext(ExecutionContext):
    """Executes synchronously what awaits loaders. ``context_value.loaders`` is the request's registry of them.

    It is asked for each time: a mutation that ends the viewer's session puts another in its place.
    """

    is_awaitable = staticmethod(is_awaitable)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.type_resolver is default_type_resolver:
            self.type_resolver = _type_resolver

    def execute_operation(self, operation: OperationDefinitionNode, root_value: Any) -> Any:
        return self._finish(super().execute_operation(operation, root_value))

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: dict[str, list[FieldNode]],
    ) -> dict[str, Any]:
        """Each field with all its sub-fields, then the next; what was loaded before it is not trusted after it."""
        results: dict[str, Any] = {}
        for name, nodes in fields.items():
            result = self.execute_field(parent_type, source_value, nodes, Path(path, name, parent_type.name))
            if result is not Undefined:
                results[name] = self._finish(result)
            if (loaders := self._loaders) is not None:
                loaders.clear()
        return results

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: dict[str, list[FieldNode]],
    ) -> AwaitableOrValue[dict[str, Any]]:
        results: dict[str, Any] = {}
        later: list[str] = []
        execute_field, is_awaitable, type_name = self.execute_field, self.is_awaitable, parent_type.name
        try:
            for name, nodes in fields.items():
                result = execute_field(parent_type, source_value, nodes, Path(path, name, type_name))
                if result is not Undefined:
                    results[name] = result
                    if is_awaitable(result):
                        later.append(name)
        except Exception:
            _discard(results, later)
            raise
        return _fill(results, later) if later else results

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_nodes: list[FieldNode],
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        completed = super().complete_object_value(return_type, field_nodes, info, path, result)
        if return_type.is_type_of is not None and self.is_awaitable(completed):
            return await_twice(cast("Awaitable[Any]", completed))
        return completed

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_nodes: list[FieldNode],
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
    ) -> AwaitableOrValue[list[Any]]:
        if not is_iterable(result):
            return super().complete_list_value(return_type, field_nodes, info, path, result)
        item_type = return_type.of_type
        completed: list[Any] = []
        later: list[int] = []
        try:
            for index, item in enumerate(cast("Iterable[Any]", result)):
                value = self._complete_item(item_type, field_nodes, info, path.add_key(index, None), item)
                completed.append(value)
                if self.is_awaitable(value):
                    later.append(index)
        except Exception:
            _discard(completed, later)
            raise
        return _fill(completed, later) if later else completed

    def _complete_item(
        self, item_type: GraphQLOutputType, nodes: list[FieldNode], info: GraphQLResolveInfo, path: Path, item: Any
    ) -> AwaitableOrValue[Any]:
        if self.is_awaitable(item):
            return self._complete_awaited_item(item_type, nodes, info, path, item)
        try:
            completed = self.complete_value(item_type, nodes, info, path, item)
        except Exception as error:
            self._item_failed(error, item_type, nodes, path)
            return None
        if self.is_awaitable(completed):
            return self._await_item(item_type, nodes, path, completed)
        return completed

    async def _complete_awaited_item(
        self, item_type: GraphQLOutputType, nodes: list[FieldNode], info: GraphQLResolveInfo, path: Path, item: Any
    ) -> Any:
        try:
            completed = self.complete_value(item_type, nodes, info, path, await item)
            return await completed if self.is_awaitable(completed) else completed
        except Exception as error:
            self._item_failed(error, item_type, nodes, path)
            return None

    async def _await_item(
        self, item_type: GraphQLOutputType, nodes: list[FieldNode], path: Path, completed: Awaitable[Any]
    ) -> Any:
        try:
            return await completed
        except Exception as error:
            self._item_failed(error, item_type, nodes, path)
            return None

    def _item_failed(self, error: Exception, item_type: GraphQLOutputType, nodes: list[FieldNode], path: Path) -> None:
        self.handle_field_error(located_error(error, nodes, path.as_list()), item_type, path)

    def _finish(self, result: Any) -> Any:
        return Driver(self._dispatch).run(result) if self.is_awaitable(result) else result

    @property
    def _loaders(self) -> Loaders | None:
        return getattr(self.context_value, "loaders", None)

    def _dispatch(self) -> bool:
        loaders = self._loaders
        return loaders is not None and loaders.dispatch()


async def await_twice(completed: Awaitable[Any]) -> Any:
    """After an asynchronous ``is_type_of`` graphql-core 3.2.14 gives an awaitable of an awaitable, and leaves it so."""
    value = await completed
    return await value if is_awaitable(value) else value


async def _fill(results: Any, later: list[Any]) -> Any:
    """``results`` (a dict or a list) with the awaitables at ``later`` replaced by their values."""
    values = await Gather(*[results[place] for place in later])
    for place, value in zip(later, values, strict=True):
        results[place] = value
    return results


def _discard(results: Any, later: list[Any]) -> None:
    for place in later:
        discard(results[place])
