"""What can go wrong with products. Line numbers are positions in the list that the caller gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domains.common.errors import DomainError


class ProductUnavailableError(DomainError):
    """Some products are not for sale: unknown or inactive. `path` is that of the first."""

    code = "PRODUCT_UNAVAILABLE"
    meaning = "The product is not for sale."

    def __init__(self, product_ids: Sequence[UUID], *, path: Sequence[str]) -> None:
        super().__init__("This product is not for sale any more; take it out of the order", path=path)
        self.product_ids = product_ids


@dataclass(frozen=True, slots=True)
class StockShortage:
    """A product of which less is in stock than was asked for; `path` is where it was named first."""

    product_id: UUID
    requested: int
    available: int
    path: list[str]


class InsufficientStockError(DomainError):
    """Less of some products is in stock than was asked for."""

    code = "INSUFFICIENT_STOCK"
    meaning = "Less is in stock than you asked for."

    def __init__(self, shortages: Sequence[StockShortage], *, message: str = "") -> None:
        first = shortages[0]
        usual = f"{first.requested} were asked for and {first.available} are in stock"
        super().__init__(message or usual, path=first.path)
        self.shortages = shortages
