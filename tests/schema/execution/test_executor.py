"""What the executor promises beyond graphql-core's answers."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from graphql import GraphQLSchema, build_schema, parse

from domains.common.graphql.loaders import Loader
from schema.execution.executor import execute
from tests.schema.execution.declaring import Batches, batch, context, load
from tests.schema.execution.people import people_schema
from tests.schema.execution.reference import Answer, by_engine, by_reference

SCHEMA = people_schema()


def _schema(sdl: str, **resolvers: Callable[..., Any]) -> GraphQLSchema:
    """The resolvers are those of the root fields, of a query or a mutation."""
    schema = build_schema(sdl)
    for name, resolve in resolvers.items():
        cast("Any", schema.mutation_type or schema.query_type).fields[name].resolve = resolve
    return schema


def _asked(schema: GraphQLSchema, document: str) -> Answer:
    return by_engine(schema, parse(document), context())


def _batches(document: str) -> Batches:
    asking = context()
    execute(SCHEMA, parse(document), context_value=asking)
    return cast("Batches", asking.batches)


def test_each_level_of_a_query_is_one_batch() -> None:
    assert _batches("{ people { name friend { name friend { id } } } }") == [
        ("NameByPersonLoader", [0, 1, 2, 3]),
        ("PersonByIdLoader", [1, 2, 3, 4]),
        ("NameByPersonLoader", [4]),
        ("PersonByIdLoader", [5]),
    ]


def test_whatever_asks_a_loader_on_one_level_shares_a_batch() -> None:
    document = """{ people { friend { id } a: friend { id } loaded { id } batched { id } rows { id } friends { id } }
        person(id: 9) { friend { id } } }"""
    first, second = _batches(document)
    assert first == ("PersonByIdLoader", [9])
    assert (second[0], sorted(second[1])) == ("PersonByIdLoader", [0, 1, 2, 3, 4, 5, 10])


def test_several_root_fields_share_a_batch() -> None:
    assert _batches("{ a: person(id: 1) { id } b: person(id: 2) { id } strictPerson(id: 1) { id } }") == [
        ("PersonByIdLoader", [1, 2])
    ]


def test_a_batch_resolver_is_called_once_a_level_for_equal_arguments() -> None:
    document = "{ people { age b: age(add: 0) c: age(add: 1) strictAge } person(id: 4) { age(add: 1) } }"
    assert _batches(document)[1:] == [
        ("age 0", [0, 1, 2, 3, 0, 1, 2, 3]),
        ("age 1", [0, 1, 2, 3, 4]),
        ("strictAge 0", [0, 1, 2, 3]),
    ]


def test_root_fields_of_a_mutation_do_not_share_what_was_loaded() -> None:
    document = "mutation { a: rename(id: 1) { name } b: rename(id: 1) { name } }"
    assert _batches(document) == [("PersonByIdLoader", [1]), ("NameByPersonLoader", [1])] * 2


def test_a_mutation_sees_nothing_of_the_next_one() -> None:
    stock = {"left": 3}

    class LeftLoader(Loader[str, int]):
        def batch(self, keys: Sequence[str]) -> list[int]:
            return [stock[key] for key in keys]

    def take(_source: Any, _info: Any) -> dict[str, Any]:
        stock["left"] -= 1
        return {}

    schema = _schema("type Query { a: Int } type Taken { left: Int! } type Mutation { take: Taken! }", take=take)
    left = cast("Any", schema.type_map["Taken"]).fields["left"]
    left.resolve = lambda _source, info: load(info, LeftLoader, "left")
    answer = _asked(schema, "mutation { a: take { left } b: take { left } c: take { left } }")
    assert answer.data == {"a": {"left": 2}, "b": {"left": 1}, "c": {"left": 0}}


def test_after_a_mutation_that_nulls_the_root_none_is_called() -> None:
    called: list[str] = []

    def act(_source: Any, info: Any) -> str | None:
        called.append(info.path.key)
        return None if info.path.key == "b" else "done"

    schema = _schema("type Query { a: Int } type Mutation { act: String! }", act=act)
    answer = _asked(schema, "mutation { a: act b: act c: act }")
    assert (answer.data, called) == (None, ["a", "b"])
    assert [error[1] for error in answer.errors] == ["['b']"]


async def _sleep(*_: Any) -> str:
    await asyncio.sleep(3600)
    return "never"


@pytest.mark.parametrize("place", ["value", "item", "type of a union", "is_type_of"])
def test_awaiting_is_a_clear_error(place: str) -> None:
    schema = _schema("type Query { value: Int item: [Int] union: U object: Query } union U = Query")
    types = cast("Any", schema.type_map)
    for name, resolve in {
        "value": _sleep,
        "item": lambda *_: [_sleep()],
        "union": lambda *_: "any",
        "object": lambda *_: "any",
    }.items():
        types["Query"].fields[name].resolve = resolve
    if place == "type of a union":
        types["U"].resolve_type = _sleep
    elif place == "is_type_of":
        types["Query"].is_type_of = _sleep
    selected = {"type of a union": "union { __typename }", "is_type_of": "object { __typename }"}.get(place, place)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = _asked(schema, f"{{ {selected} }}")
    assert "needs an event loop" in answer.errors[0][0]
    assert [str(warning.message) for warning in caught] == []


def test_a_loader_of_the_wrong_length_is_named() -> None:
    class ShortLoader(Loader[int, int]):
        def batch(self, keys: Sequence[int]) -> list[int]:
            return list(keys)[1:]

    schema = _schema("type Query { a: Int }", a=lambda _source, info: load(info, ShortLoader, 1))
    assert _asked(schema, "{ a }").errors[0][0] == "ShortLoader.batch() gave 0 values for 1 keys."


@pytest.mark.parametrize("answer", [[], [1, 2], None, iter([1])])
def test_a_batch_resolver_of_the_wrong_length_is_named(answer: Any) -> None:
    schema = _schema("type Query { a: Int }")
    cast("Any", schema.query_type).fields["a"].extensions, _ = batch(lambda *_: answer)
    assert _asked(schema, "{ a }").errors[0][0].startswith("The batch resolver of Query.a gave ")


@pytest.mark.parametrize("kind", ["resolver", "batch", "loader"])
def test_an_interrupt_leaves_the_execution_at_once(kind: str) -> None:
    class InterruptedLoader(Loader[int, int]):
        def batch(self, keys: Sequence[int]) -> list[int]:
            raise KeyboardInterrupt

    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    schema = _schema("type Query { a: Int b: Int }", a=interrupt)
    if kind == "loader":
        cast("Any", schema.query_type).fields["a"].resolve = lambda _, info: load(info, InterruptedLoader, 1)
    elif kind == "batch":
        cast("Any", schema.query_type).fields["a"].extensions, _ = batch(interrupt)
    with pytest.raises(KeyboardInterrupt):
        _asked(schema, "{ a b }")


def test_a_list_of_ten_thousand_items_is_one_batch() -> None:
    sizes = []

    class TwiceLoader(Loader[int, int]):
        def batch(self, keys: Sequence[int]) -> list[int]:
            sizes.append(len(keys))
            return [2 * key for key in keys]

    schema = _schema(
        "type Query { a: [Int!]! }", a=lambda _source, info: [load(info, TwiceLoader, key) for key in range(10_000)]
    )
    assert _asked(schema, "{ a }").data == {"a": [2 * key for key in range(10_000)]}
    assert sizes == [10_000]


def test_forty_levels_equal_graphql_core() -> None:
    document = parse("{ person(id: 0) " + "{ pet { ... on Dog { owner " * 40 + "{ id }" + " } } }" * 40 + " }")
    assert by_engine(SCHEMA, document, context()) == by_reference(SCHEMA, document, context())


def test_a_request_without_loaders_is_executed() -> None:
    schema = _schema("type Query { a: String }", a=lambda _source, _info: "plain")
    assert execute(schema, parse("{ a }"), context_value=None).data == {"a": "plain"}


def test_info_tells_a_resolver_what_it_answers() -> None:
    def resolve(_source: Any, info: Any, **_: Any) -> str:
        asked = (info.field_name, info.path.key, str(info.parent_type), str(info.return_type), len(info.field_nodes))
        return f"{asked} {info.variable_values.coerced['v']} {info.operation.name.value} {info.context.viewer}"

    schema = _schema("type Query { a(v: Int): String }", a=resolve)
    result = execute(
        schema,
        parse("query Q($v: Int) { b: a(v: $v) b: a(v: $v) }"),
        context_value=SimpleNamespace(viewer="nobody"),
        variable_values={"v": 3},
    )
    assert result.data == {"b": "('a', 'b', 'Query', 'String', 2) 3 Q nobody"}
