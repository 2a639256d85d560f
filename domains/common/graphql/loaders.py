"""Loaders: the many small reads of one relation become one call.

A resolver asks for one key and gets an awaitable. Nothing is read until no resolver can go on; then each loader is
called once with every key asked for meanwhile. Who resumes the resolvers (``schema.execution`` does) is not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from domains.common.viewer import Viewer

# As SQL: the ORM takes a millisecond to write a window function.
_LATEST = """SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY {column} ORDER BY created_at DESC, id DESC) AS place
    FROM {table} WHERE {column} = ANY(%s)) AS placed
    WHERE place <= %s ORDER BY {column}, created_at, id"""


class Deferred[V]:
    """The value of one key, to come. May be awaited by several resolvers and more than once."""

    __slots__ = ("_error", "_traceback", "_value", "done")

    def __init__(self) -> None:
        self.done = False
        self._error: Exception | None = None

    def __await__(self) -> Generator[Deferred[V], None, V]:
        while not self.done:  # resumed meanwhile for the sake of others
            yield self
        if self._error is not None:
            # One failed batch is raised once per key: without this every raise would lengthen the same traceback.
            raise self._error.with_traceback(self._traceback)
        return self._value

    def settle(self, outcome: V | Exception) -> None:
        """Set the value, or the error that every await of this key raises."""
        if isinstance(outcome, Exception):
            self._error = outcome
            self._traceback = outcome.__traceback__
        else:
            self._value = outcome
        self.done = True


class Loader[K: Hashable, V]:
    """Batches the keys of one relation into one call of ``batch()``. One instance per request, values cached by key."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._known: dict[K, Deferred[V]] = {}
        self._queue: dict[K, Deferred[V]] = {}

    def batch(self, keys: Sequence[K]) -> Sequence[V | Exception]:
        """Read the values of ``keys`` (unique, in the order first asked for), one value per key in the same order.

        An element that is an exception fails its key alone; an exception raised here fails every key of the batch.
        """
        raise NotImplementedError

    def load(self, key: K) -> Awaitable[V]:
        """The value of one key, read together with the others of its wave."""
        deferred = self._known.get(key)
        if deferred is None:
            deferred = self._known[key] = self._queue[key] = Deferred()
        return deferred

    def dispatch(self) -> bool:
        """Read every waiting key now. False when none was waiting."""
        waiting, self._queue = self._queue, {}
        if not waiting:
            return False
        for deferred, outcome in zip(waiting.values(), self._outcomes(list(waiting)), strict=True):
            deferred.settle(outcome)
        return True

    def _outcomes(self, keys: list[K]) -> Sequence[V | Exception]:
        try:
            values = self.batch(keys)
            if len(values) != len(keys):
                raise RuntimeError(f"{type(self).__name__}.batch() gave {len(values)} values for {len(keys)} keys.")
        except Exception as error:
            return [error] * len(keys)
        return values

    def clear(self) -> None:
        """Forget every value, read or waiting."""
        self._known.clear()
        self._queue.clear()


class Loaders:
    """The loaders of one request."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._loaders: dict[type[Loader[Any, Any]], Loader[Any, Any]] = {}

    def get[L: Loader[Any, Any]](self, loader: type[L]) -> L:
        """This request's instance of ``loader``."""
        if loader not in self._loaders:
            self._loaders[loader] = loader(self._viewer)
        return cast("L", self._loaders[loader])

    def dispatch(self) -> bool:
        """Call each loader that has waiting keys, once. False when there was none."""
        # A list first: a batch may get a loader that is new, which changes the dict.
        called = [loader.dispatch() for loader in list(self._loaders.values())]
        return any(called)

    def clear(self) -> None:
        """Forget every cached value (a mutation may have changed it)."""
        for loader in self._loaders.values():
            loader.clear()


def by_id[M: Model](rows: Callable[[Viewer], QuerySet[M]]) -> type[Loader[UUID, M | None]]:
    """The loader of the rows of a model by id, among those that the viewer may see."""

    class ById(Loader[UUID, Any]):
        def batch(self, keys: Sequence[UUID]) -> Sequence[M | None]:
            return by_key(rows(self.viewer).filter(id__in=keys), keys)

    return ById


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


def latest[M: Model](model: type[M], keys: Sequence[Any], attribute: str, *, most: int) -> list[list[M]]:
    """For each key the latest ``most`` rows whose ``attribute`` (a column) equals it, oldest first."""
    statement = _LATEST.format(table=model._meta.db_table, column=attribute)
    return grouped(model._default_manager.raw(statement, [list(keys), most]), keys, attribute)
