"""Loaders: the many small reads of one relation become one call.

A relation, or a resolver that answers `load(key)`, names a loader and a key. Once all fields of a level have said what
they want, each loader is called once with every key that it does not know yet (``schema.execution`` does).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import F, Model, QuerySet, Window
from django.db.models.functions import RowNumber

from domains.common.data.composing import Bound
from domains.common.errors import RequestError
from domains.common.graphql.reading import wanted
from domains.common.measuring.instruments import histogram
from domains.common.tracing import Kind, span
from domains.common.viewer import ANONYMOUS, Viewer

_keys = histogram("batch_keys", "Keys that a loader read at once.", "loader", buckets=(1, 5, 20, 100, 500))


@dataclass(frozen=True, slots=True)
class Pending[V]:
    """The value of one key, to be read together with others."""

    loader: Loader[Any, V]
    key: Any

    def now(self) -> V:
        """Read it at once. Raises its error."""
        self.loader.read([self.key])
        value = self.loader.known[self.key]
        if isinstance(value, Exception):
            raise value
        return value


class Loader[K: Hashable, V]:
    """Batches the keys of one relation into one call of ``batch()``. One a request; it keeps what it read."""

    plan: Any = None  # of the operation that it reads for

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.known: dict[K, V | Exception] = {}

    @classmethod
    def name(cls) -> str:
        """What it reads, for traces and metrics."""
        return cls.__name__

    def batch(self, keys: Sequence[K]) -> Sequence[V | Exception]:
        """Read the values of ``keys`` (unique, in the order first asked for), one value per key in the same order.

        An element that is an exception fails its key alone; an exception raised here fails every key of the batch.
        """
        raise NotImplementedError

    def load(self, key: K) -> Pending[V]:
        """The value of one key, which a resolver answers in place of the value itself."""
        return Pending(self, key)

    def read(self, keys: Iterable[K]) -> None:
        """Have the values of all these in ``known``."""
        if unknown := [key for key in keys if key not in self.known]:
            name = self.name()
            _keys.observe(len(unknown), name)
            with span(f"batch {name}", Kind.INTERNAL, {"ordergraph.batch.size": len(unknown)}):
                self.known.update(zip(unknown, self._outcomes(unknown), strict=True))

    def _outcomes(self, keys: list[K]) -> Sequence[V | Exception]:
        try:
            values = self.batch(keys)
            if len(values) != len(keys):
                raise RuntimeError(f"{type(self).__name__}.batch() gave {len(values)} values for {len(keys)} keys.")
        except Exception as error:
            return [error] * len(keys)
        return values


class Loaders:
    """The loaders of one request."""

    def __init__(self, viewer: Viewer, plan: Any = None) -> None:
        self.plan = plan
        self.viewer = viewer
        self._loaders: dict[type[Loader[Any, Any]], Loader[Any, Any]] = {}

    def get[L: Loader[Any, Any]](self, loader: type[L]) -> L:
        """This request's instance of ``loader``."""
        if loader not in self._loaders:
            made = self._loaders[loader] = loader(self.viewer)
            made.plan = self.plan
        return cast("L", self._loaders[loader])

    def clear(self) -> None:
        """Forget every value (a mutation may have changed it)."""
        self._loaders.clear()


class _Rows(Loader[Any, Any]):
    """Rows by a column, among those that the viewer may see."""

    door: ClassVar[staticmethod[[Viewer], QuerySet[Any]]]  # the rows that a viewer may see
    column: ClassVar[str]
    many: ClassVar[bool] = False
    order: ClassVar[tuple[str, ...]] = ()
    most: ClassVar[int | None] = None  # of each key, the last in this order

    @classmethod
    def name(cls) -> str:
        """The model, and the column of its keys."""
        return f"{_model_of(cls.door).__name__}.{cls.column}"

    @classmethod
    def below(cls, viewer: Viewer, key: Any, lookup: str = "exact") -> QuerySet[Any]:
        """The rows of a key."""
        rows: QuerySet[Any] = cls.door(viewer).filter(**{f"{cls.column}__{lookup}": key}).order_by(*cls.order)
        if cls.most is None:
            return rows
        place = Window(RowNumber(), partition_by=F(cls.column), order_by=[F(name).desc() for name in cls.order])
        placed: QuerySet[Any] = rows.annotate(place=place).filter(place__lte=cls.most)
        return placed

    def rows(self, keys: Sequence[Any]) -> list[Any]:
        """The rows of all these keys."""
        kind, needed = type(self), wanted(self.plan, _model_of(self.door), self.column)
        rows = partial(kind.below, key=Bound("keys"), lookup="any")
        return needed.read(kind, viewer=self.viewer, rows=rows, values={"keys": keys})


@cache
def _model_of(door: Callable[[Viewer], QuerySet[Any]]) -> type[Model]:
    return door(ANONYMOUS).model


def by_id[M: Model](rows: Callable[[Viewer], QuerySet[M]], by: str = "id") -> type[Loader[Any, M | None]]:
    """The loader of the rows of a model by id (or another unique column), among those that the viewer may see."""

    class ById(_Rows):
        door, column = staticmethod(rows), by

        def batch(self, keys: Sequence[Any]) -> Sequence[M | None]:
            return by_key(self.rows(keys), keys, by)

    return ById


def by_parent[M: Model](
    rows: Callable[[Viewer], QuerySet[M]], by: str, *, sort: tuple[str, ...], latest: int | None = None
) -> type[Loader[UUID, list[M]]]:
    """The loader of the rows below each parent, whose id stands in this column, in this order.

    `latest` is how many of them there are at most, the last ones; without it a rule bounds them.
    """

    class ByParent(_Rows):
        door, column, many, order, most = staticmethod(rows), by, True, sort, latest

        def batch(self, keys: Sequence[Any]) -> Sequence[list[M]]:
            return grouped(self.rows(keys), keys, by)

    return ByParent


def by_key[R](rows: Iterable[R], keys: Sequence[Any], attribute: str = "id") -> list[R | None]:
    """``rows`` in the order of ``keys``, matched by ``attribute``; None where a key has no row."""
    found = {getattr(row, attribute): row for row in rows}
    return [found.get(key) for key in keys]


def grouped[R](rows: Iterable[R], keys: Sequence[Any], attribute: str) -> list[list[R]]:
    """For each key the rows whose ``attribute`` equals it, in the order of ``rows``."""
    groups: defaultdict[Any, list[R]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, attribute)].append(row)
    return [groups[key] for key in keys]


def each[K: Hashable, V](keys: Iterable[K], make: Callable[[K], V]) -> dict[K, V | RequestError]:
    """What is made of each key, or the error of a client that asked wrongly for it: it is not that of the others."""

    def outcome(key: K) -> V | RequestError:
        try:
            return make(key)
        except RequestError as error:
            return error

    return {key: outcome(key) for key in dict.fromkeys(keys)}
