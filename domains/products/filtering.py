"""Which products a list holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domains.common.graphql.merging import Listing, Lookup
from domains.common.viewer import Viewer
from domains.products.models import Product

MAX_WORDS = 10
SEARCH = """"search" @@ (to_tsquery('english', %s) && (to_tsquery('english', %s) || to_tsquery('simple', %s)))"""


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """The checked filter of a list of products; None does not filter. Prices are minor units, bounds inclusive."""

    search: str | None = None
    category_ids: tuple[UUID, ...] | None = None
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool | None = None
    active: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    def listing(self, viewer: Viewer) -> Listing:
        """The products that the viewer may see under this filter."""
        among: dict[str, Sequence[Any]] = (
            {} if self.category_ids is None else {"category_id": sorted(set(self.category_ids))}
        )
        among["active"] = [active for active in _either(self.active) if active or viewer.is_staff]
        among["in_stock"] = _either(self.in_stock)
        return Listing(Product, among, self._between(), [search_lookup(self.search)] if self.search else [])

    def on_each(self, category_ids: Iterable[UUID], viewer: Viewer) -> Listing:
        """The same for each of these categories on its own."""
        wanted = (id_ for id_ in category_ids if self.category_ids is None or id_ in self.category_ids)
        return replace(replace(self, category_ids=tuple(wanted)).listing(viewer), group="category_id")

    def _between(self) -> dict[str, list[tuple[str, Any]]]:
        ends: dict[str, list[tuple[str, Any]]] = {
            "price": [(">=", self.price_min), ("<=", self.price_max)],
            "created_at": [(">", self.created_after), ("<", self.created_before)],
        }
        given = {column: [(sign, value) for sign, value in pair if value is not None] for column, pair in ends.items()}
        return {column: bounds for column, bounds in given.items() if bounds}

    @property
    def scope(self) -> dict[str, Any]:
        """What cursors are bound to."""
        return asdict(self)


def _either(value: bool | None) -> list[bool]:
    return [True, False] if value is None else [value]


def search_lookup(text: str) -> Lookup:
    """Every word must occur, the last one also as the beginning of a word: people search while they type.

    Words without meaning (the, of) are not looked for, unless last. Without a single letter or digit nothing is found.
    """
    words = [word for word in text.split() if re.search(r"\w", word)][:MAX_WORDS]
    stems = " & ".join(_term(word) for word in words[:-1])
    last = words[-1] if words else ""
    return Lookup(SEARCH, (stems, _term(last), _term(last, ":*")))


def _term(word: str, end: str = "") -> str:
    """The word as it stands, or its pieces: PostgreSQL reads JUG-1 as "jug" and "-1", but blue-jug as "blue", "jug"."""
    whole = re.sub(r"['\\]", "", word)
    pieces = re.findall(r"\w+", word)[:MAX_WORDS]
    if not pieces:
        return ""
    apart = " & ".join([*(f"'{piece}'" for piece in pieces[:-1]), f"'{pieces[-1]}'{end}"])
    return apart if [whole] == pieces else f"('{whole}'{end} | ({apart}))"
