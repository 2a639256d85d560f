"""Faults planted into the resolvers of the schema: each field decides by the object, so every engine meets the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any
from zlib import crc32

from graphql import GraphQLError, GraphQLField, GraphQLObjectType, GraphQLSchema, Undefined, get_named_type

SHARE = 8  # of the fields one in so many is planted with faults
FINE = object()
NEW = 7  # the version of ids that the product makes; those of the small shop are of another one
MISSES = 14  # a faulty field fails for four objects in so many


class Strange:
    """What no type takes."""

    def __repr__(self) -> str:
        return "Strange()"


class _Absent:
    """A name that a class does not have, though the one that it is made from does."""

    def __get__(self, *_: object) -> None:
        raise AttributeError


def _number(*parts: object) -> int:
    return crc32(" ".join(map(str, parts)).encode())


def _mark(source: Any) -> str:
    """Tells objects of one type apart, the same in every run."""
    id_ = getattr(source, "id", None)
    if id_ is not None and getattr(id_, "version", None) != NEW:
        return str(id_)
    if hasattr(source, "node"):
        return _mark(source.node)
    if hasattr(source, "nodes"):
        return ",".join(map(_mark, source.nodes))
    return repr(source) if type(source).__name__ in ("Money", "PageInfo") else type(source).__name__


def fault(where: str, mark: str) -> Any:
    """What a faulty field answers for such an object; FINE where it is not faulty. May raise."""
    chosen = _number(where, mark) % (MISSES if mark != "NoneType" else 4 * MISSES)  # of roots more is hidden
    if chosen == 0:
        raise ValueError(f"{where} raised")
    if chosen == 1:
        return GraphQLError(f"{where} answered an error", extensions={"planted": True})
    if chosen == 2:
        return Undefined if _number(mark) % 2 else None
    return Strange() if chosen == 3 else FINE


@contextmanager
def planted(schema: GraphQLSchema, variant: int) -> Iterator[None]:
    """Within the block some fields of the schema are faulty: other ones for each variant, none for 0."""
    kept: list[tuple[GraphQLField, Any, dict[str, Any]]] = []
    for field, where in _chosen(schema, variant) if variant else ():
        kept.append((field, field.resolve, {**field.extensions}))
        if where:
            _plant(field, f"{where} ({variant})")
        else:
            _not_by_sql(field)
    try:
        yield
    finally:
        for field, resolve, extensions in kept:
            field.resolve, field.extensions = resolve, extensions


@cache
def _chosen(schema: GraphQLSchema, variant: int) -> list[tuple[GraphQLField, str]]:
    """The faulty fields with their names, and without one those that have a faulty field below."""
    fields = [
        (field, f"{kind.name}.{name}")
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if "strawberry-definition" in field.extensions
    ]
    return [
        (field, where if _is_faulty(field, where, variant) else "")
        for field, where in fields
        if _is_faulty(field, where, variant) or _below_is_faulty(field, variant)
    ]


def _is_faulty(field: GraphQLField, where: str, variant: int) -> bool:
    return "strawberry-definition" in field.extensions and _number(variant, where) % SHARE == 0


def _below_is_faulty(field: GraphQLField, variant: int) -> bool:
    """Whether a field of the values that it answers is faulty, so that nobody but resolvers may write those."""
    kind = get_named_type(field.type)
    return isinstance(kind, GraphQLObjectType) and any(
        _is_faulty(below, f"{kind.name}.{name}", variant) for name, below in kind.fields.items()
    )


def _not_by_sql(field: GraphQLField) -> None:
    """A field that the database may write as well as its resolver is left to the resolver."""
    definition = copy(field.extensions["strawberry-definition"])
    definition.metadata = {key: value for key, value in definition.metadata.items() if key != "sql"}
    field.extensions["strawberry-definition"] = definition


def _plant(field: GraphQLField, where: str) -> None:
    assert field.resolve is not None
    sources = field.extensions
    _not_by_sql(field)
    if "relation" in sources:
        loader, by = sources["relation"]
        own = {"batch": _faulty_loading(loader.batch, where), "below": _Absent()}
        faulty = type(f"Faulty{loader.__name__}", (loader,), own)
        sources["relation"] = (faulty, by)
        field.resolve = _related(faulty, by)
    elif "batch" in sources:
        sources["batch"] = _faulty_batch(sources["batch"], where)
        field.resolve = _one_by_one(sources["batch"])
    else:
        sources.pop("attribute", None)
        field.resolve = _faulty(field.resolve, where)
        if _number("batch", where) % 2:
            sources["batch"] = _all_at_once(field.resolve)


def _or_fault(where: str, mark: str, value: Any) -> Any:
    wrong = fault(where, mark)
    return value if wrong is FINE else wrong


def _faulty(resolve: Callable[..., Any], where: str) -> Callable[..., Any]:
    def faulty(source: Any, info: Any, **arguments: Any) -> Any:
        wrong = fault(where, _mark(source))
        return resolve(source, info, **arguments) if wrong is FINE else wrong

    return faulty


def _all_at_once(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """A batch resolver in place of an ordinary one."""

    def batch(sources: Sequence[Any], info: Any, **arguments: Any) -> list[Any]:
        return [_outcome(resolve, source, info, **arguments) for source in sources]

    return batch


def _outcome(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    try:
        return call(*arguments, **named)
    except Exception as error:
        return error


def _faulty_batch(batch: Callable[..., Any], where: str) -> Callable[..., Any]:
    def faulty(sources: Sequence[Any], info: Any, **arguments: Any) -> list[Any]:
        values = batch(sources, info, **arguments)
        return [_outcome(_or_fault, where, _mark(source), value) for source, value in zip(sources, values, strict=True)]

    return faulty


def _one_by_one(batch: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        (value,) = batch([source], info, **arguments)
        return value

    return resolve


def _faulty_loading(batch: Callable[..., Any], where: str) -> Callable[..., Any]:
    def faulty(loader: Any, keys: Sequence[Any]) -> list[Any]:
        values = batch(loader, keys)
        return [_outcome(_or_fault, where, str(key), value) for key, value in zip(keys, values, strict=True)]

    return faulty


def _related(loader: Any, by: str) -> Callable[..., Any]:
    def resolve(source: Any, info: Any) -> Any:
        key = getattr(source, by)
        return None if key is None else info.context.loaders.get(loader).load(key)

    return resolve
