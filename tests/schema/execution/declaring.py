"""How fields of small schemas are declared for both engines: what the executor reads, and what graphql-core calls."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from domains.common.graphql.loaders import Loader, Loaders

# The log of batches stands in for the viewer: (loader or field, keys) in the order of the calls.
Batches = list[tuple[str, list[Any]]]
Source = tuple[dict[str, Any], Callable[..., Any] | None]  # extensions, and the resolver that graphql-core calls


def context() -> Any:
    """Of one execution; `batches` tells what was read."""
    batches: Batches = []
    return SimpleNamespace(loaders=Loaders(cast("Any", batches)), batches=batches)


def load(info: Any, loader: type[Loader[Any, Any]], key: Any) -> Any:
    """What a resolver answers that asks a loader."""
    return info.context.loaders.get(loader).load(key)


def attribute(name: str) -> Source:
    return {"attribute": name}, lambda source, _info: getattr(source, name)


def relation(loader: type[Loader[Any, Any]], by: str) -> Source:
    def resolve(source: Any, info: Any) -> Any:
        key = getattr(source, by)
        return None if key is None else load(info, loader, key)

    return {"relation": (loader, by)}, resolve


def batch(values: Callable[..., list[Any]]) -> Source:
    return {"batch": values}, lambda source, info, **arguments: values([source], info, **arguments)[0]


def ordinary(resolve: Callable[..., Any]) -> Source:
    return {}, resolve
