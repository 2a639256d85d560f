"""What can go wrong with products. Line numbers are positions in the list that the caller gave."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domains.common.errors import DomainError


class ProductUnavailableError(DomainError):
    """The product is not for sale: unknown or inactive."""

    code = "PRODUCT_UNAVAILABLE"
    meaning = "The product is not for sale."

    def __init__(self, product_id: UUID, *, path: Sequence[str]) -> None:
        super().__init__("This product is not for sale any more; take it out of the order", path=path)
        self.product_id = product_id


class InsufficientStockError(DomainError):
    """Less is in stock than was asked for."""

    code = "INSUFFICIENT_STOCK"
    meaning = "Less is in stock than you asked for."

    def __init__(self, product_id: UUID, *, requested: int, available: int, path: Sequence[str]) -> None:
        super().__init__(f"{requested} were asked for and {available} are in stock", path=path)
        self.product_id = product_id
        self.requested = requested
        self.available = available
