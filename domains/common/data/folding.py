"""Which texts are one: how text is kept, how it is folded so that what people type finds what others wrote, and the
columns that hold the folded text of others.

Folded in Python because PostgreSQL does it only with an extension or with ICU, and a server may have neither. What is
stored and what is asked for go through the same function. The columns are written with the row, by `save` and by
`bulk_create`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import category, combining, normalize

from django.db import models

from domains.common.data.models import BaseModel

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        # Letters that Unicode does not take apart, as people write them whose keyboards lack them.
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
    }
)
_VARIATION = re.compile("[\ufe00-\ufe0f]")
_ASCII_WORD = re.compile("[a-z0-9]+")


def kept(text: str) -> str:
    """The text as it is stored: NFC, so that letters that look the same are the same bytes."""
    return normalize("NFC", text)


def identity(text: str) -> str:
    """What names that look alike have in common: NFKC, case folded, single spaces, nothing that nobody sees."""
    alike = normalize("NFKC", normalize("NFKC", _VARIATION.sub("", text)).casefold())
    return " ".join("".join(char for char in alike if category(char) != "Cf").split())


def twins(texts: Iterable[str], one: Callable[[str], str]) -> list[list[str]]:
    """The texts of which `one` makes the same, together; no text that is alone."""
    alike: dict[str, list[str]] = {}
    for text in texts:
        alike.setdefault(one(text), []).append(text)
    return [group for group in alike.values() if len(group) > 1]


def folded(text: str) -> str:
    """Without case, accents and typographic marks (curly quotes, long dashes), and with single spaces: a sort key.

    NFKD, so ligatures and wide letters are the plain ones. What nobody sees (soft hyphens, joiners) is left out.
    """
    return " ".join((text.lower().replace("`", "'") if text.isascii() else _unicode(text)).split())


def words(text: str) -> list[str]:
    """The folded words of a text, for searching. All but letters, digits and marks parts words: slash, dot, quote."""
    plain = folded(text)
    if plain.isascii():
        return _ASCII_WORD.findall(plain)
    return "".join(char if category(char)[0] in "LMN" else " " for char in plain).split()


def searchable(text: str) -> str:
    """Its words, as the columns of a search hold them."""
    return " ".join(words(text))


def _unicode(text: str) -> str:
    apart = normalize("NFKD", _VARIATION.sub("", text).translate(_PLAIN)).casefold().translate(_PLAIN)
    return "".join(char for char in normalize("NFKD", apart) if not combining(char) and category(char) != "Cf")


class FoldedField(_TextField):
    """What `fold` makes of other columns of the row, at most `most` characters: PostgreSQL bounds an index entry."""

    def __init__(self, *, of: Sequence[str] = (), fold: Callable[[str], str] = str, most: int = 0, **kwargs: Any):
        unknown = {} if kwargs.get("null") else {"default": "", "db_default": ""}
        super().__init__(**{"editable": False, **unknown, **kwargs})
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
            update_fields = with_folded(type(self), update_fields)
        for field in folded_fields(type(self)) if update_fields is None else ():
            setattr(self, field.attname, "")  # or Django would leave out those that were not read
        super().save(*args, update_fields=update_fields, **kwargs)


class FoldedQuerySet[M: models.Model](models.QuerySet[M]):
    """Writes folded columns along, and refuses the one way of writing that would leave some behind."""

    def update(self, **kwargs: Any) -> int:
        """As Django's. Raises TypeError for a part of what a column is folded from: use `save` or `bulk_create`."""
        for field in folded_fields(self.model):
            if all(isinstance(kwargs.get(column), str) for column in field.of):
                kwargs[field.attname] = field.folded(kwargs[column] for column in field.of)
        behind = with_folded(self.model, kwargs) - set(kwargs)
        if behind:
            raise TypeError(f"update would leave {', '.join(sorted(behind))} as it was")
        return super().update(**kwargs)

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        """As Django's."""
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = with_folded(self.model, kwargs["update_fields"])
        return super().bulk_create(objs, *args, **kwargs)


def folded_fields(model: type[models.Model]) -> list[FoldedField]:
    """Its columns that hold the folded text of others."""
    return [field for field in model._meta.concrete_fields if isinstance(field, FoldedField)]


def with_folded(model: type[models.Model], columns: Iterable[str]) -> set[str]:
    """These columns, and those that are folded from them."""
    named = set(columns)
    return named | {field.attname for field in folded_fields(model) if named.intersection(field.of)}
