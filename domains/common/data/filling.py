"""For migrations: new columns of the rows that are there, and texts that are to be one before a column says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import transaction

from domains.common.data.folding import twins
from domains.common.data.writes import overwrite

BATCH = 200  # rows that are locked for some 0.2 s beside a busy shop


def fill(model: Any, columns: Mapping[str, Callable[[Any], str]], **among: Any) -> None:
    """Write what each function makes of a row into its column, some rows at a time; may be broken off and run again.

    `among` are lookups of the rows that have something to write.
    """
    for ids in _batches(model.objects.filter(**among)):
        with transaction.atomic():  # in id order, as carts lock products too
            rows = list(model.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
            for row in rows:
                vars(row).update({column: text(row) for column, text in columns.items()})
            overwrite(rows, *columns)


def refuse_twins(model: Any, unique_by: Mapping[str, Callable[[str], str]]) -> None:
    """Raises SystemExit, which names them, when texts in a column are one."""
    if found := [line for column, one in unique_by.items() for line in named_twins(model, column, one)]:
        raise SystemExit("\n".join([*found, "Nothing was changed. Rename all but one of each and migrate again."]))


def named_twins(model: Any, column: str, one: Callable[[str], str]) -> list[str]:
    """A line for each group of texts in this column that are one."""
    texts = model._base_manager.order_by(column).values_list(column, flat=True)
    groups = twins(texts.iterator(), one)
    return [f"{model._meta.label} {column}: {' = '.join(map(repr, group))}" for group in groups]


def _batches(rows: Any) -> Iterator[list[Any]]:
    ids = list(rows.order_by("id").values_list("id", flat=True)[:BATCH])
    while ids:
        yield ids
        ids = list(rows.filter(id__gt=ids[-1]).order_by("id").values_list("id", flat=True)[:BATCH])
