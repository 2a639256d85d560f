"""What the driver promises beyond graphql-core's answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import graphql
import pytest
import strawberry
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, parse

from domains.common.graphql.loaders import Loader, Loaders
from schema.execution.executor import execute
from tests.schema.execution.comparing import by_asyncio, by_driver
from tests.schema.execution.people import people_schema

SCHEMA = people_schema()


def _schema(sdl: str, **resolvers: Any) -> GraphQLSchema:
    """The resolvers are those of the root fields, of a query or a mutation."""
    schema = build_schema(sdl)
    for name, resolve in resolvers.items():
        root = schema.mutation_type or schema.query_type
        cast("GraphQLObjectType", root).fields[name].resolve = resolve
    return schema


def _load(info: Any, loader: type[Loader[Any, Any]], key: Any) -> Any:
    return info.context.loaders.get(loader).load(key)


def test_each_level_of_a_query_is_one_batch() -> None:
    answer = by_driver(SCHEMA, "{ people { name friend { name friend { id } } } }")
    assert answer.batches == [
        ("NameByPersonLoader", [0, 1, 2, 3]),
        ("PersonByIdLoader", [1, 2, 3, 4]),
        ("NameByPersonLoader", [4]),
        ("PersonByIdLoader", [5]),
    ]


def test_root_fields_of_a_mutation_do_not_share_what_was_loaded() -> None:
    answer = by_driver(SCHEMA, "mutation { a: rename(id: 1) { name } b: rename(id: 1) { name } }")
    assert answer.batches == [("PersonByIdLoader", [1]), ("NameByPersonLoader", [1])] * 2


def test_a_mutation_sees_nothing_of_the_next_one() -> None:
    stock = {"left": 3}

    class LeftLoader(Loader[str, int]):
        def batch(self, keys: Sequence[str]) -> list[int]:
            return [stock[key] for key in keys]

    def take(_source: Any, _info: Any) -> dict[str, Any]:
        stock["left"] -= 1
        return {}

    sdl = "type Query { left: Int } type Taken { left: Int! } type Mutation { take: Taken! }"
    schema = _schema(sdl, take=take)
    taken = cast("GraphQLObjectType", schema.type_map["Taken"])
    taken.fields["left"].resolve = lambda _source, info: _load(info, LeftLoader, "left")
    answer = by_driver(schema, "mutation { a: take { left } b: take { left } c: take { left } }")
    assert answer.data == {"a": {"left": 2}, "b": {"left": 1}, "c": {"left": 0}}


def test_awaiting_what_needs_an_event_loop_is_a_clear_error() -> None:
    async def resolve(_source: Any, _info: Any) -> str:
        await asyncio.sleep(0)
        return "never"

    answer = by_driver(_schema("type Query { a: String }", a=resolve), "{ a }")
    assert answer.data == {"a": None}
    assert "needs an event loop" in answer.errors[0][0]


def test_a_sleeping_resolver_is_an_error_and_not_a_hang() -> None:
    async def resolve(_source: Any, _info: Any) -> str:
        await asyncio.sleep(3600)
        return "never"

    answer = by_driver(_schema("type Query { a: String }", a=resolve), "{ a }")
    assert answer.errors[0][0] == "no running event loop"


def test_a_value_that_nobody_will_load_is_an_error_and_not_a_hang() -> None:
    orphan = Loader[int, int](cast("Any", None)).load(1)
    schema = _schema("type Query { a: Int }", a=lambda _source, _info: orphan)
    with pytest.raises(RuntimeError, match="no loader of this request"):
        by_driver(schema, "{ a }")


def test_a_batch_of_the_wrong_length_names_its_loader() -> None:
    class ShortLoader(Loader[int, int]):
        def batch(self, keys: Sequence[int]) -> list[int]:
            return list(keys)[1:]

    schema = _schema("type Query { a: Int }", a=lambda _source, info: _load(info, ShortLoader, 1))
    assert by_driver(schema, "{ a }").errors[0][0] == "ShortLoader.batch() gave 0 values for 1 keys."


def test_an_interrupt_leaves_the_execution_at_once() -> None:
    async def resolve(_source: Any, _info: Any) -> str:
        raise KeyboardInterrupt

    schema = _schema("type Query { a: String b: String }", a=resolve, b=resolve)
    with pytest.raises(KeyboardInterrupt):
        by_driver(schema, "{ a b }")


def test_a_given_up_resolver_still_runs_its_finally() -> None:
    cleaned = []

    class FirstLoader(Loader[int, int]):
        def batch(self, keys: Sequence[int]) -> list[Exception]:
            return [ValueError("no") for _ in keys]

    async def slow(_source: Any, info: Any) -> int:
        try:
            return int(await _load(info, FirstLoader, 1))
        except ValueError:
            await _load(info, FirstLoader, 3)
            return 0
        finally:
            cleaned.append("slow")

    schema = _schema("type Query { a: Int! b: Int }", a=lambda _source, info: _load(info, FirstLoader, 1), b=slow)
    answer = by_driver(schema, "{ b a }")
    assert (answer.data, answer.errors[0][0], cleaned) == (None, "no", ["slow"])


def test_a_list_of_ten_thousand_awaited_items_is_completed() -> None:
    class TwiceLoader(Loader[int, int]):
        def batch(self, keys: Sequence[int]) -> list[int]:
            return [2 * key for key in keys]

    def resolve(_source: Any, info: Any) -> list[Any]:
        return [_load(info, TwiceLoader, key) for key in range(10_000)]

    answer = by_driver(_schema("type Query { a: [Int!]! }", a=resolve), "{ a }")
    assert answer.data == {"a": [2 * key for key in range(10_000)]}


def test_a_resolver_may_await_thousands_of_values_in_sequence() -> None:
    class NextLoader(Loader[int, int]):
        def batch(self, keys: Sequence[int]) -> list[int]:
            return [key + 1 for key in keys]

    async def resolve(_source: Any, info: Any) -> int:
        value = 0
        while value < 5_000:
            value = await _load(info, NextLoader, value)
        return value

    assert by_driver(_schema("type Query { a: Int }", a=resolve), "{ a }").data == {"a": 5_000}


def test_forty_levels_of_loaded_fields_equal_graphql_core() -> None:
    document = "{ person(id: 0) " + "{ pet { ... on Dog { owner " * 40 + "{ id }" + " } } }" * 40 + " }"
    assert by_driver(SCHEMA, document) == by_asyncio(SCHEMA, document)


def test_asyncio_use_of_graphql_core_is_untouched() -> None:
    async def resolve(_source: Any, _info: Any) -> str:
        await asyncio.sleep(0)
        return "from the event loop"

    schema = _schema("type Query { a: String b: String }", a=resolve, b=resolve)

    async def main() -> graphql.ExecutionResult:
        return cast("graphql.ExecutionResult", await cast("Any", graphql.execute(schema, parse("{ a b }"))))

    assert asyncio.run(main()).data == {"a": "from the event loop", "b": "from the event loop"}


def test_a_request_without_loaders_is_executed() -> None:
    schema = _schema("type Query { a: String }", a=lambda _source, _info: "plain")
    assert execute(schema, parse("{ a }"), context_value=None).data == {"a": "plain"}


class SquareLoader(Loader[int, int]):
    def batch(self, keys: Sequence[int]) -> list[int]:
        return [key * key for key in keys]


def _square(root: strawberry.Parent[Number], info: strawberry.Info[Any, None]) -> Any:
    return info.context.loaders.get(SquareLoader).load(root.value)


@strawberry.type
class Number:
    value: int

    square: int = strawberry.field(resolver=_square)

    @strawberry.field
    async def fourth_power(self, info: strawberry.Info[Any, None]) -> int:
        squares = info.context.loaders.get(SquareLoader)
        return cast("int", await squares.load(await squares.load(self.value)))


@strawberry.type
class Query:
    @strawberry.field
    async def numbers(self) -> list[Number]:
        return [Number(value=value) for value in range(4)]


def test_strawberry_resolvers_load_plainly_or_await() -> None:
    schema = strawberry.Schema(Query)._schema
    context = SimpleNamespace(loaders=Loaders(cast("Any", None)))
    result = execute(schema, parse("{ numbers { square fourthPower } }"), context_value=context)
    assert result.errors is None
    assert result.data == {"numbers": [{"square": n**2, "fourthPower": n**4} for n in range(4)]}
