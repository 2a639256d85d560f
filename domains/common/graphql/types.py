"""Node and Money."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import strawberry
from django.db.models import Model

from domains.common.data.models import BaseModel
from domains.common.data.money import Amount
from domains.common.graphql.ids import to_global_id


@strawberry.interface(description="Anything with a global id; `node(id:)` fetches it again.")
class Node:
    @strawberry.field(description="Global id, opaque and stable. Not a primary key.")
    def id(self, root: strawberry.Parent[BaseModel]) -> strawberry.ID:
        return to_global_id(type(root).__name__, root.id)


def entity[T](model: type[Model], *, description: str) -> Callable[[type[T]], type[T]]:
    """A GraphQL type over the rows of a model, named like it. Its resolvers get the row as `strawberry.Parent`."""

    def declare(cls: type[T]) -> type[T]:
        cls.is_type_of = staticmethod(lambda row, info: isinstance(row, model))  # type: ignore[attr-defined]
        declared: Any = strawberry.type(cls, name=model.__name__, description=description)
        return declared  # type: ignore[no-any-return]

    return declare


@strawberry.type(description="An amount of money in one currency.")
class Money:
    amount: Decimal = strawberry.field(
        description='In major units, with exactly the decimals of the currency: "29.90" GBP, "500" JPY.'
    )
    currency_code: str = strawberry.field(description="ISO 4217 code, such as GBP.")

    @classmethod
    def of(cls, minor: int, currency: str) -> Money:
        """From minor units."""
        return cls(amount=Amount(minor, currency).decimal, currency_code=currency)
