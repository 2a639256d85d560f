"""Which products a list holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, Exists, F, Func, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Replace

from domains.common.data.composing import Bound
from domains.common.data.folding import words
from domains.common.graphql.listing import Listing
from domains.common.viewer import Viewer
from domains.products.models import Category, Product

MAX_WORDS = 10
MANY = MAX_WORDS + 2  # more than any of the counts below
INTO_ONE = 32  # of PostgreSQL's ways to scale a rank: rank / (rank + 1)
SCALE = 100_000  # how finely nearness is told apart


@dataclass(frozen=True, slots=True)
class ProductQuery(Listing):
    """The checked filter of a list of products: lookups, and the `terms` of a search. Prices are minor units."""

    search: list[str] | None = None
    category__in: list[UUID] | None = None
    price__gte: int | None = None
    price__lte: int | None = None
    in_stock: bool | None = None
    active: bool | None = None
    created_at__gt: datetime | None = None
    created_at__lt: datetime | None = None

    def rows(self, viewer: Viewer) -> QuerySet[Product]:
        """Those that meet all conditions but the search."""
        rows = Product.objects.visible_to(viewer)
        lookups = {name: value for name, value in self.given().items() if name != "search"}
        if "category__in" in lookups:  # by its column: the lookup of a relation takes no Bound
            lookups["category__id__in"] = ids = lookups.pop("category__in")
            deleted = Category.objects.filter(deleted=True).values("id")
            # The first is looked at before any product is: a large one that is deleted costs nothing then.
            rows = rows.filter(Exists(Category.objects.visible_to(viewer).filter(id__in=ids)))
            rows = rows.exclude(category_id__any=ArraySubquery(deleted))
        return rows.filter(**lookups)

    @property
    def searched(self) -> Q | None:
        """What is searched for, in addition.

        Every word must occur, the last one also as the beginning of a word: people search while they type. Words
        without meaning (the, of) are not looked for, unless last. Without a single letter or digit nothing is found.
        """
        if self.search is None:
            return None
        if not self.search:
            return Q(pk__in=[])
        return Q(search=_all_of(self.search))

    @property
    def relevance(self) -> Any:
        """How well a product fits: by how many words stand in its name, then in its SKU, both before the description.

        Then by how many stand in the name as they are written, and whether the last is whole there; then by how near
        to each other they stand.
        """
        if not self.search:
            return Value(0)
        *whole, begun = map(_expression, self.search)
        last = Replace(begun, Value(":*"), Value(":A"))
        names = [*(_marked(word, ":A") for word in whole), last]
        in_name = _met([*map(_query, names[:-1]), _either(_marked(begun, "A"))])
        in_title = _met([*(_query(_marked(word, ":AB")) for word in whole), _either(_marked(begun, "AB"))])
        as_written = _met([*(_query(name, config="simple") for name in names), _query(last)])
        near = SearchRank(F("search"), _all_of(self.search), cover_density=True, normalization=Value(INTO_ONE))
        place = (in_name * MANY + in_title) * MANY + as_written
        return place * SCALE + Cast(near * (SCALE - 1), IntegerField())


def terms(text: str) -> list[str]:
    """What is looked for: the words of a text, MAX_WORDS of them, the last as a beginning."""
    *whole, last = words(text)[:MAX_WORDS] or [""]
    return [*whole, f"{last}:*"] if last else []


def _all_of(terms: Sequence[Any]) -> Any:
    *whole, begun = terms
    found = _either(begun)
    for word in whole:
        found = _query(word) & found
    return found


def _either(term: Any) -> Any:
    """By its stem, or as it is written."""
    return _query(term) | _query(term, config="simple")


def _expression(term: Any) -> Any:
    return term if isinstance(term, Bound) else Value(term)


def _marked(term: Any, weights: str) -> Func:
    """The term where the vector has one of these weights."""
    return Func(term, Value(weights), template="(%(expressions)s)", arg_joiner=" || ", output_field=TextField())


def _met(queries: Sequence[Any]) -> Any:
    """How many of these a product meets."""
    ones = (Case(When(search=query, then=1), default=0) for query in queries)
    return reduce(add, ones)


def _query(term: Any, *, config: str = "english") -> SearchQuery:
    """A term is letters, digits and marks alone, so it needs no quoting."""
    return SearchQuery(term, config=config, search_type="raw")
