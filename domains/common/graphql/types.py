"""Entities declared from their models, and what they are made of: Node, Money, enums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, ClassVar, cast

import strawberry
import strawberry_django
from django.db.models import F, Model, TextChoices
from strawberry.types.field import StrawberryField
from strawberry_django.fields.field import StrawberryDjangoField

from domains.common.data import sql
from domains.common.data.composing import is_row_of
from domains.common.data.models import BaseModel
from domains.common.data.money import to_major
from domains.common.graphql.context import Info
from domains.common.graphql.ids import to_global_id
from domains.common.graphql.loaders import Loader

PUBLIC = "Public."
STAFF_ONLY = "Visible to staff."


def batched(*, graphql_type: Any, description: str, **facts: Any) -> Callable[[Callable[..., Any]], Any]:
    """A field that is resolved once for all objects of its level: the resolver gets them as one list, and answers the
    list of their values (a value may be an exception, or what a loader is to read).

    `graphql_type` is the type of one of these values. Of `facts`, `scope` says whose rows they are, `needs` which
    columns they are made from (else all are read), and `sql` makes the same value in PostgreSQL.
    """
    metadata = {"batch": True, **facts}
    declared: Any = strawberry.field(graphql_type=graphql_type, description=description, metadata=metadata)
    return declared  # type: ignore[no-any-return]


@strawberry.interface(description="Anything with a global id; `node(id:)` fetches it again.")
class Node:
    @batched(
        graphql_type=strawberry.ID,
        description="Global id, opaque and stable. Not a primary key.",
        needs=["id"],
        sql=lambda _, kind: sql.global_id(kind),
    )
    def id(self, root: strawberry.Parent[list[BaseModel]], info: strawberry.Info) -> list[strawberry.ID]:
        kind = info.path.typename or ""
        return [to_global_id(kind, row.id) for row in root]


class Column(StrawberryDjangoField):
    """A field that is read straight from its row; the package's own costs 30 to 45 % more a field."""

    @property
    def is_basic_field(self) -> bool:
        return not self.base_resolver and not self.extensions

    get_result = StrawberryField.get_result


def entity[T](model: type[Model], *, description: str, visible_to: str) -> Callable[[type[T]], type[T]]:
    """A GraphQL type over the rows of a model, named like it. Its resolvers get the row as `strawberry.Parent`.

    A column is shown by `name: auto`: type, nullability and description (`help_text`) are the model's. `visible_to` is
    the sentence that says who sees it, and ends the description.
    """

    def declare(cls: type[T]) -> type[T]:
        shown: Any = cls
        shown.visible_to = visible_to
        shown.is_type_of = staticmethod(lambda row, info: is_row_of(row, model))
        said = f"{description} {visible_to}"
        return strawberry_django.type(model, name=model.__name__, field_cls=Column, description=said)(cls)

    return declare


def show_choices(choices: type[TextChoices], *, name: str, description: str) -> None:
    """Make a model's choices an enum of the schema; their labels describe the values."""
    declared: Any = strawberry.enum(cast("type[Enum]", choices), name=name, description=description)
    for value in declared.__strawberry_definition__.values:
        value.description = choices(value.value).label


@strawberry.type(description="An amount of money in one currency.")
class Money:
    visible_to: ClassVar[str] = PUBLIC
    amount: Decimal = strawberry.field(
        description='In major units, with exactly the decimals of the currency: "29.90" GBP, "500" JPY.'
    )
    currency_code: str = strawberry.field(description="ISO 4217 code, such as GBP.")

    @classmethod
    def of(cls, minor: int, currency: str) -> Money:
        """From minor units."""
        return cls(amount=to_major(minor, currency), currency_code=currency)


def money(column: str, *, description: str, needs: Sequence[str] = ()) -> Any:
    """A field that shows a column of minor units, in the currency of its row.

    `needs` are the columns that a property of the model is made from: PostgreSQL cannot write it then.
    """

    def resolve(root: strawberry.Parent[list[Any]]) -> list[Money]:
        return [Money.of(getattr(row, column), row.currency) for row in root]

    return batched(
        graphql_type=Money,
        description=description,
        needs=[*(needs or [column]), "currency"],
        **({} if needs else {"sql": partial(money_as_sql, column, F("currency"))}),
    )(resolve)


def money_as_sql(column: str, currency: Any, field: Any, _kind: str) -> Any:
    """What is selected of the money in a column, as PostgreSQL writes it."""
    values = {"amount": sql.amount(F(column), currency), "currencyCode": currency, "__typename": sql.literal("Money")}
    return sql.json_object({one.key: values[one.name] for one in field.below["Money"].fields})


def related(
    loader: type[Loader[Any, Any]], *, by: str = "id", description: str, scope: str = "", size: int | None = None
) -> Any:
    """A field whose value a loader has under the row's column `by`; null where that is null.

    The annotation names its type. `scope` says whose the rows are, `size` how many there may be.
    """

    def resolve(root: strawberry.Parent[Any], info: Info):  # type: ignore[no-untyped-def]  # the field says it
        key = getattr(root, by)  # for who executes without batches: a relation is read for all objects together
        return None if key is None else info.context.loaders.get(loader).load(key).now()

    metadata = {name: value for name, value in (("scope", scope), ("size", size)) if value}
    return strawberry.field(resolve, description=description, metadata={**metadata, "relation": (loader, by)})
