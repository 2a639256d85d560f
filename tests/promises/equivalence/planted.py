"""Faults planted into the resolvers of the schema: each field decides by the object, so every engine meets the same."""

from __future__ import annotations

import re
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
NEW_ID = re.compile(rf"[0-9a-f]{{8}}-[0-9a-f]{{4}}-{NEW}[0-9a-f]{{3}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}")
MISSES = 14  # a faulty field fails for four objects in so many

type _Field = tuple[GraphQLField, Callable[..., Any] | None, dict[str, Any]]  # one, its resolver and its extensions


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
    faulty = _faulty_fields(schema, variant) if variant else []
    sound = [(field, field.resolve, field.extensions) for field, *_ in faulty]
    _put(faulty)
    try:
        yield
    finally:
        _put(sound)


def _put(fields: list[_Field]) -> None:
    for field, resolve, extensions in fields:
        field.resolve, field.extensions = resolve, extensions


@cache  # copies of definitions are dear
def _faulty_fields(schema: GraphQLSchema, variant: int) -> list[_Field]:
    """The fields that a variant changes, and to what; asked for while none is changed."""
    return [
        (field, *(_with_faults(field, f"{where} ({variant})") if where else (field.resolve, _not_by_sql(field))))
        for field, where in _chosen(schema, variant)
    ]


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


def _not_by_sql(field: GraphQLField) -> dict[str, Any]:
    """The extensions of a field that is left to its resolver, though the database may write it as well."""
    definition = copy(field.extensions["strawberry-definition"])
    definition.metadata = {key: value for key, value in definition.metadata.items() if key != "sql"}
    return {**field.extensions, "strawberry-definition": definition}


def _with_faults(field: GraphQLField, where: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Its resolver and its extensions when it is faulty."""
    assert field.resolve is not None
    sources = _not_by_sql(field)
    if "relation" in sources:
        loader, by = sources["relation"]
        own = {"batch": _faulty_loading(loader.batch, where), "below": _Absent()}
        faulty = type(f"Faulty{loader.__name__}", (loader,), own)
        return _related(faulty, by), {**sources, "relation": (faulty, by)}
    if "batch" in sources:
        batch = _faulty_batch(sources["batch"], where)
        return _one_by_one(batch), {**sources, "batch": batch}
    sources.pop("attribute", None)
    resolve = _faulty(field.resolve, where)
    if _number("batch", where) % 2:
        sources["batch"] = _all_at_once(resolve)
    return resolve, sources


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
        marks = [NEW_ID.sub("new", str(key)) for key in keys]
        return [_outcome(_or_fault, where, mark, value) for mark, value in zip(marks, values, strict=True)]

    return faulty


def _related(loader: Any, by: str) -> Callable[..., Any]:
    def resolve(source: Any, info: Any) -> Any:
        key = getattr(source, by)
        return None if key is None else info.context.loaders.get(loader).load(key)

    return resolve
