"""CPU of one operation (20 orders x 3 lines x product x category, plain dicts): run by hand.

    python -m tests.benchmarks.bench_driver

Prints milliseconds of CPU and the ratio to graphql-core without loaders; the variants take turns in each round.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any, cast

import graphql
from graphql import build_schema, parse

from domains.common.graphql.loaders import Loader, Loaders
from schema.execution.executor import execute

logger = logging.getLogger(__name__)
ROUNDS, RUNS = 15, 10

CATEGORIES = {n: {"id": n, "name": f"Category {n}"} for n in range(5)}
PRODUCTS = {n: {"id": n, "name": f"Product {n}", "price": 100 + n, "category": n % 5} for n in range(40)}
LINES = {order: [{"quantity": 1 + n, "product": (order * 3 + n) % 40} for n in range(3)] for order in range(20)}
ORDERS = [{"id": n, "number": f"A-{n}", "status": "PENDING"} for n in range(20)]

SDL = """
type Category { id: ID! name: String! }
type Product { id: ID! name: String! price: Int! category: Category! }
type Line { quantity: Int! product: Product! }
type Order { id: ID! number: String! status: String! lines: [Line!]! }
type Query { orders: [Order!]! }
"""
DOCUMENT = parse("{ orders { id number status lines { quantity product { id name price category { id name } } } } }")


class LinesByOrderLoader(Loader[int, list[Any]]):
    def batch(self, keys: Sequence[int]) -> list[list[Any]]:
        return [LINES[key] for key in keys]


class ProductByIdLoader(Loader[int, Any]):
    def batch(self, keys: Sequence[int]) -> list[Any]:
        return [PRODUCTS[key] for key in keys]


class CategoryByIdLoader(Loader[int, Any]):
    def batch(self, keys: Sequence[int]) -> list[Any]:
        return [CATEGORIES[key] for key in keys]


class AsyncioLoader:
    """What aiodataloader does: futures, a batch on the next turn of the loop."""

    def __init__(self, loader: type[Loader[Any, Any]]) -> None:
        self._batch = loader(cast("Any", None)).batch
        self._known: dict[Any, asyncio.Future[Any]] = {}
        self._queue: list[Any] = []

    def load(self, key: Any) -> asyncio.Future[Any]:
        if key not in self._known:
            loop = asyncio.get_running_loop()
            self._known[key] = loop.create_future()
            if not self._queue:
                loop.call_soon(loop.call_soon, self._dispatch)
            self._queue.append(key)
        return self._known[key]

    def _dispatch(self) -> None:
        keys, self._queue = self._queue, []
        for key, value in zip(keys, self._batch(keys), strict=True):
            self._known[key].set_result(value)


class AsyncioLoaders(dict[Any, AsyncioLoader]):
    def get(self, loader: Any, default: Any = None) -> Any:
        if loader not in self:
            self[loader] = AsyncioLoader(loader)
        return self[loader]


def _schema(relation: Callable[[type[Loader[Any, Any]], str, dict[int, Any]], Any]) -> graphql.GraphQLSchema:
    schema = build_schema(SDL)
    types = cast("dict[str, Any]", schema.type_map)
    types["Query"].fields["orders"].resolve = lambda _source, _info: ORDERS
    types["Order"].fields["lines"].resolve = relation(LinesByOrderLoader, "id", LINES)
    types["Line"].fields["product"].resolve = relation(ProductByIdLoader, "product", PRODUCTS)
    types["Product"].fields["category"].resolve = relation(CategoryByIdLoader, "category", CATEGORIES)
    return schema


def _direct(_loader: Any, key: str, rows: dict[int, Any]) -> Any:
    return lambda source, _info: rows[source[key]]


def _loaded(loader: Any, key: str, _rows: Any) -> Any:
    return lambda source, info: info.context.loaders.get(loader).load(source[key])


def _awaited(loader: Any, key: str, _rows: Any) -> Any:
    async def resolve(source: Any, info: Any) -> Any:
        return await info.context.loaders.get(loader).load(source[key])

    return resolve


def _driver(schema: graphql.GraphQLSchema) -> Any:
    return execute(schema, DOCUMENT, context_value=SimpleNamespace(loaders=Loaders(cast("Any", None))))


def _asyncio(schema: graphql.GraphQLSchema) -> Any:
    async def main() -> Any:
        return await cast("Any", graphql.execute(schema, DOCUMENT, None, SimpleNamespace(loaders=AsyncioLoaders())))

    return asyncio.run(main())


def main() -> None:
    direct, loaded, awaited = _schema(_direct), _schema(_loaded), _schema(_awaited)
    variants: dict[str, Callable[[], Any]] = {
        "graphql-core sync, no loaders": lambda: graphql.execute_sync(direct, DOCUMENT),
        "driver, no loaders": lambda: _driver(direct),
        "driver, sync resolvers": lambda: _driver(loaded),
        "driver, async resolvers": lambda: _driver(awaited),
        "asyncio, sync resolvers": lambda: _asyncio(loaded),
        "asyncio, async resolvers": lambda: _asyncio(awaited),
    }
    expected = graphql.execute_sync(direct, DOCUMENT)
    spent: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, run in variants.items():
            started = process_time()
            results = [run() for _ in range(RUNS)]
            spent[name].append((process_time() - started) / RUNS * 1000)
            if results[-1] != expected:
                sys.exit(f"{name} answered differently")
    base = median(spent["graphql-core sync, no loaders"])
    for name, times in spent.items():
        logger.info("%-30s %6.2f ms  x%.2f", name, median(times), median(times) / base)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
