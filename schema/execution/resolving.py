"""Where the values of a field come from, for all objects of a level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any

from domains.common.graphql.loaders import Loader, Pending
from schema.execution.completion import Group
from schema.execution.plan import Field, Info


class Call:
    """A field with the group of objects that it is resolved for."""

    __slots__ = ("field", "group", "info", "is_written", "keys", "loader", "values")

    def __init__(self, field: Field, group: Group, info: Info | None) -> None:
        self.field, self.group = field, group
        self.info: Any = info  # None where nothing looks at it
        self.values: Sequence[Any] = ()
        self.loader: Loader[Any, Any] | None = None  # of a relation; the values come from it, under these keys
        self.keys: Sequence[Any] = ()
        self.is_written = False  # the values are JSON, as they stand in the answer


@dataclass(slots=True)
class Batch:
    """The calls of one level that a batch resolver answers together."""

    arguments: dict[str, Any]
    calls: list[Call]


def written_as(field: Field, sources: Sequence[Any]) -> str | None:
    """The attribute with the field's JSON, where whoever read these objects read that with them."""
    kinds = set(map(type, sources))
    return getattr(kinds.pop(), "written", {}).get(field) if len(kinds) == 1 else None


def read(attribute: str, sources: Sequence[Any]) -> list[Any]:
    """The attribute of each, or the error of reading it."""
    try:
        return list(map(attrgetter(attribute), sources))
    except Exception:
        return [attempt(lambda source, *_: getattr(source, attribute), source, None, {}) for source in sources]


def attempt(resolve: Callable[..., Any], source: Any, info: Any, arguments: dict[str, Any]) -> Any:
    """What the resolver answers, or its error."""
    try:
        return resolve(source, info, **arguments)
    except Exception as error:
        return error


def same(some: dict[str, Any], others: dict[str, Any]) -> bool:
    """Equal is not enough: 1 equals true, and a scalar may take both."""
    return some == others and repr(some) == repr(others)


def answer_batch(batch: Batch) -> None:
    """Call the resolver once, and give each call its part."""
    first = batch.calls[0]
    sources = [source for call in batch.calls for source in call.group.sources]
    found = attempt(first.field.batch, sources, first.info, batch.arguments)
    count = len(found) if isinstance(found, list | tuple) else "no"
    if not isinstance(found, Exception) and count != len(sources):
        where = f"{first.field.parent}.{first.field.name}"
        found = RuntimeError(f"The batch resolver of {where} gave {count} values for {len(sources)} parents.")
    values = iter([found] * len(sources) if isinstance(found, Exception) else found)
    for call in batch.calls:
        call.values = list(islice(values, len(call.group.sources)))


def want(call: Call, wanted: dict[Loader[Any, Any], dict[Any, None]]) -> None:
    """Note what the call waits for."""
    if call.loader is not None:
        keys = [key for key in call.keys if key is not None and not isinstance(key, Exception)]
        wanted.setdefault(call.loader, {}).update(dict.fromkeys(keys))
    elif not call.field.attribute:
        for pending in _pendings(call.values):
            wanted.setdefault(pending.loader, {})[pending.key] = None


def _pendings(values: Sequence[Any]) -> Iterator[Pending[Any]]:
    for value in values:
        if type(value) is Pending:
            yield value
        elif type(value) is list:
            yield from _pendings(value)


def settled(values: Sequence[Any]) -> Sequence[Any]:
    """The same, with what was read in place of what waited for it."""
    if not any(type(value) is Pending or type(value) is list for value in values):
        return values
    return [
        value.loader.known[value.key] if type(value) is Pending else settled(value) if type(value) is list else value
        for value in values
    ]
