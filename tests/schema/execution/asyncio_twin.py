"""The same loaders under asyncio: what graphql-core itself answers, to compare the driver with."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Hashable
from typing import Any, cast

import graphql
from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from graphql.execution.executor import Executor

from domains.common.graphql.loaders import Deferred, Loader, Loaders

type Waiting = list[tuple[Deferred[Any], asyncio.Future[Any]]]


class _IdleLoop(asyncio.SelectorEventLoop):
    """Calls the waiting loaders when nothing else can run, as the driver does."""

    def __init__(self, loaders: Loaders) -> None:
        super().__init__(selectors.SelectSelector())
        self._loaders = loaders

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            self._loaders.dispatch()
        super()._run_once()  # type: ignore[misc]


class _TwinLoader:
    def __init__(self, loader: Loader[Any, Any], waiting: Waiting) -> None:
        self._loader = loader
        self._waiting = waiting

    def load(self, key: Hashable) -> Awaitable[Any]:
        """A future of its own for each reader: giving one reader up must not give up the others."""
        deferred = cast("Deferred[Any]", self._loader.load(key))
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if deferred.done:
            _copy(deferred, future)
        else:
            self._waiting.append((deferred, future))
        return future


def _copy(deferred: Deferred[Any], future: asyncio.Future[Any]) -> None:
    if future.cancelled():
        return
    try:
        deferred.__await__().send(None)
    except StopIteration as stop:
        future.set_result(stop.value)
    except Exception as error:
        future.set_exception(error)


class TwinLoaders(Loaders):
    """Gives futures, as the loaders written for asyncio do."""

    def __init__(self, viewer: Any) -> None:
        super().__init__(viewer)
        self._waiting: Waiting = []

    def get(self, loader: type[Any]) -> Any:
        return _TwinLoader(super().get(loader), self._waiting)

    def dispatch(self) -> bool:
        called = super().dispatch()
        for deferred, future in self._waiting:
            _copy(deferred, future)
        self._waiting.clear()
        return called


def execute_under_asyncio(schema: GraphQLSchema, document: DocumentNode, context_value: Any) -> ExecutionResult:
    """Run on an event loop of its own; ``context_value.loaders`` must be ``TwinLoaders``."""
    loop = _IdleLoop(context_value.loaders)
    loop.set_exception_handler(lambda _loop, _context: None)  # siblings of a failed field are nobody's to retrieve

    async def main() -> ExecutionResult:
        result = graphql.execute(schema, document, context_value=context_value, executor_class=Executor)
        return await result if asyncio.iscoroutine(result) else cast("ExecutionResult", result)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main())
