"""Searching people: the beginnings of the words of their names, by an index of the words.

A column of `searchable` text has its index by `words_of`, a search for it is `begun` with the `beginnings` of what
somebody typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorExact, SearchVectorField
from django.db.models import F, Func, Q

from domains.common.data.folding import words

MAX_WORDS = 10


class words_of(Func):  # noqa: N801  # written as the function that it is
    """The words of a column of `searchable` text, as they are written."""

    template = "to_tsvector('simple'::regconfig, %(expressions)s)"
    output_field = SearchVectorField()


def beginnings(text: str) -> list[str]:
    """The folded words of a text, MAX_WORDS of them, each as a beginning; none without a letter or digit."""
    return [f"{word}:*" for word in words(text)[:MAX_WORDS]]


def begun(column: str, terms: Sequence[Any]) -> Q:
    """Whether words in this column begin with each of these terms; with none of them nothing does."""
    if not terms:
        return Q(pk__in=[])
    queries = (SearchQuery(term, config="simple", search_type="raw") for term in terms)
    return Q(SearchVectorExact(words_of(F(column)), reduce(and_, queries)))
