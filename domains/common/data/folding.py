"""Columns that hold the folded text of others. They are written with the row, by `save` and by `bulk_create`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from domains.common.data.models import BaseModel

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class FoldedField(_TextField):
    """What `fold` makes of other columns of the row, at most `most` characters: PostgreSQL bounds an index entry."""

    def __init__(self, *, of: Sequence[str] = (), fold: Callable[[str], str] = str, most: int = 0, **kwargs: Any):
        super().__init__(**{"editable": False, "default": "", "db_default": "", **kwargs})
        self.of, self._fold, self._most = tuple(of), fold, most

    def deconstruct(self) -> Any:
        """Migrations see a text: how it is folded is code."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def folded(self, texts: Iterable[str]) -> str:
        """What stands in the column when these stand in those that it is folded `of`."""
        text = self._fold(" ".join(texts))
        return text[: self._most] if self._most else text

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """What is written, whatever the attribute says."""
        text = self.folded(getattr(model_instance, column) for column in self.of)
        setattr(model_instance, self.attname, text)
        return text


class FoldedModel(BaseModel):
    """A row with folded columns: what is saved in part takes those along whose texts are."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """As Django's."""
        if update_fields is not None:
            update_fields = _with_folded(type(self), update_fields)
        for field in _folded_fields(type(self)) if update_fields is None else ():
            setattr(self, field.attname, "")  # or Django would leave out those that were not read
        super().save(*args, update_fields=update_fields, **kwargs)


class FoldedQuerySet[M: models.Model](models.QuerySet[M]):
    """Refuses the one way of writing that would leave folded columns behind."""

    def update(self, **kwargs: Any) -> int:
        """As Django's. Raises TypeError for a column that others are folded from: use `save` or `bulk_create`."""
        behind = _with_folded(self.model, kwargs) - set(kwargs)
        if behind:
            raise TypeError(f"update would leave {', '.join(sorted(behind))} as it was")
        return super().update(**kwargs)

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        """As Django's."""
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = _with_folded(self.model, kwargs["update_fields"])
        return super().bulk_create(objs, *args, **kwargs)


def folded_columns(model: type[models.Model], row: Mapping[str, Any]) -> dict[str, str]:
    """The folded columns of a row that is written without its model."""
    return {field.attname: field.folded(row[column] for column in field.of) for field in _folded_fields(model)}


def _folded_fields(model: type[models.Model]) -> list[FoldedField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, FoldedField)]


def _with_folded(model: type[models.Model], columns: Iterable[str]) -> set[str]:
    named = set(columns)
    return named | {field.attname for field in _folded_fields(model) if named.intersection(field.of)}
