"""What clients send about the catalogue."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import strawberry
from django.conf import settings

from domains.common.data.money import to_minor
from domains.common.errors import BadUserInputError, ValidationError
from domains.common.graphql.connections import SortDirection, given
from domains.common.graphql.ids import key_of
from domains.common.graphql.paging import Ordering
from domains.common.graphql.ranking import MOST as RANKED
from domains.common.graphql.ranking import RELEVANCE
from domains.products.filtering import ProductQuery, terms
from domains.products.images import Image
from domains.products.services import ProductEdit

MAX_SEARCH_CHARACTERS = 200
MAX_CATEGORY_IDS = 100
RANKING_COST = 4_000  # besides that of the search
UNSET = strawberry.UNSET


@strawberry.input(description="Which products; the conditions given must all hold, null counts as not given.")
class ProductFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description="Words that must all occur in name, SKU or description, in any form (jugs, jug); the last may be "
        "cut short. Case, accents and typographic marks do not count; a slash, dot, dash or quote parts words. At most "
        "200 characters, of which the first 10 words count. Without a letter or digit it finds nothing; null or empty "
        "does not filter.",
        metadata={"cost": 2_000},
    )
    category_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="In one of these categories; at most 100 ids."
    )
    price_min: Decimal | None = strawberry.field(default=UNSET, description="At least this price, in major units.")
    price_max: Decimal | None = strawberry.field(default=UNSET, description="At most this price, in major units.")
    in_stock: bool | None = strawberry.field(default=UNSET, description="In stock, or not.")
    active: bool | None = strawberry.field(default=UNSET, description="For sale or not (staff only).")
    created_after: datetime | None = strawberry.field(default=UNSET, description="Added after this moment.")
    created_before: datetime | None = strawberry.field(default=UNSET, description="Added before this moment.")

    def query(self) -> ProductQuery:
        """Checked. Raises BadUserInputError."""
        if self.search and len(self.search) > MAX_SEARCH_CHARACTERS:
            raise BadUserInputError(f"search has at most {MAX_SEARCH_CHARACTERS} characters")
        return ProductQuery(
            search=terms(self.search) if self.search else None,
            category__in=self._category_keys(),
            price__gte=_minor(self.price_min, "priceMin"),
            price__lte=_minor(self.price_max, "priceMax"),
            in_stock=given(self.in_stock),
            active=given(self.active),
            created_at__gt=given(self.created_after),
            created_at__lt=given(self.created_before),
        )

    def _category_keys(self) -> list[UUID] | None:
        ids = given(self.category_ids)
        if ids is None:
            return None
        if len(ids) > MAX_CATEGORY_IDS:
            raise BadUserInputError(f"categoryIds has at most {MAX_CATEGORY_IDS} ids")
        return [key_of(global_id, "Category") for global_id in ids]


def _minor(value: Decimal | None, name: str) -> int | None:
    amount = given(value)
    try:
        return None if amount is None else to_minor(amount, settings.STORE_CURRENCY, path=[name])
    except ValidationError as error:
        raise BadUserInputError(f"{name}: {error.message}") from error


@strawberry.enum(description="What products can be sorted by. Ties are sorted by id.")
class ProductSortField(Enum):
    NAME = strawberry.enum_value(
        "name_key", description="In alphabetical order of their names; capitals and accents do not count."
    )
    PRICE = strawberry.enum_value("price", description="By the price of one.")
    CREATED_AT = strawberry.enum_value("created_at", description="By the moment they were added.")
    RELEVANCE = strawberry.enum_value(
        RELEVANCE,
        description="The best first, whatever the direction: those with the words in their name, then in their SKU, "
        "then in their description, then those where the words stand near each other. Only with a `search` in the "
        f"filter, else BAD_USER_INPUT. It ranks the newest {RANKED:,} that are found, at most; `totalCount` is null "
        "beyond.",
    )


@strawberry.input(
    description="The order of a list of products. Without `direction` it is ASC: the cheapest, the oldest, A to Z "
    "first. Mind that `OrderSort` is DESC then."
)
class ProductSort:
    field: ProductSortField = strawberry.field(
        description="What to sort by.", metadata={"choices": {"RELEVANCE": RANKING_COST}}
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.ASC, description="Which way; RELEVANCE has one alone."
    )

    def ordering(self) -> Ordering:
        """As the pager wants it."""
        if self.field is ProductSortField.RELEVANCE:
            return BEST_FIRST
        return Ordering(str(self.field.value), self.direction is SortDirection.DESC)


NEWEST_FIRST = Ordering("created_at", descending=True)
BEST_FIRST = Ordering(RELEVANCE, descending=True)


def list_of(filter: ProductFilter | None, sort: ProductSort | None) -> tuple[ProductQuery, Ordering]:
    """Checked filter and ordering of a list field; newest first by default. Raises BadUserInputError."""
    query, ordering = filter.query() if filter else ProductQuery(), sort.ordering() if sort else NEWEST_FIRST
    if ordering.ranks and query.search is None:
        raise BadUserInputError("The sort RELEVANCE needs a search in the filter")
    return query, ordering


@strawberry.input(description="Names one product, by exactly one of these.", one_of=True)
class ProductBy:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its global id.")
    slug: str | None = strawberry.field(default=UNSET, description="Its name in URLs.")
    sku: str | None = strawberry.field(default=UNSET, description="Its stock keeping unit.")


@strawberry.input(description="An image of a product.")
class ProductImageInput:
    url: str = strawberry.field(
        description="Where it is: https, at most 2,000 characters, with a host and without a user name."
    )
    alt: str = strawberry.field(
        description="What it shows, for those who do not see it; at most 200 characters, may be empty."
    )


def images_of(sent: strawberry.Some[list[ProductImageInput]] | None) -> list[Image] | None:
    """As the service takes them; None when none were sent."""
    return [Image(image.url, image.alt) for image in sent.value] if sent else None


@strawberry.input(description="A new product.")
class CreateProductInput:
    sku: str = strawberry.field(description="Stock keeping unit, unique, 1 to 64 characters.")
    name: str = strawberry.field(description="1 to 200 characters.")
    price: Decimal = strawberry.field(description="The price of one, in major units of the shop's currency, 0 or more.")
    slug: str | None = strawberry.field(
        default=UNSET, description="Letters, digits, hyphens, underscores; unique. Made from the name when absent."
    )
    description: str | None = strawberry.field(default=UNSET, description="Plain text, at most 10,000 characters.")
    stock: int = strawberry.field(default=0, description="How many there are to begin with, 0 to 100,000,000.")
    active: bool = strawberry.field(default=True, description="Whether it is for sale at once.")
    category_id: strawberry.ID | None = strawberry.field(default=UNSET, description="The category it belongs to.")
    tax_rate: Decimal | None = strawberry.field(
        default=UNSET, description="Percent of tax in its price, 0 to 100 with two decimals; null: the shop's rate."
    )
    images: strawberry.Maybe[list[ProductImageInput]] = strawberry.field(
        description="In their order, the main one first; at most 20."
    )

    def edit(self) -> ProductEdit:
        """What the service sets."""
        return ProductEdit(
            sku=self.sku,
            name=self.name,
            price=self.price,
            tax_rate=given(self.tax_rate),
            slug=self.slug or None,
            description=self.description or None,
            active=self.active,
            images=images_of(self.images),
            category_id=category_key(given(self.category_id)),
        )


@strawberry.input(description="Changes to a product; what is absent stays as it is.")
class UpdateProductInput:
    product_id: strawberry.ID = strawberry.field(description="Which product.")
    sku: strawberry.Maybe[str] = strawberry.field(
        description="Stock keeping unit, unique, 1 to 64 characters. Orders keep the one that they were placed with."
    )
    name: strawberry.Maybe[str] = strawberry.field(description="1 to 200 characters.")
    slug: strawberry.Maybe[str] = strawberry.field(description="Letters, digits, hyphens, underscores; unique.")
    description: strawberry.Maybe[str] = strawberry.field(description="Plain text, at most 10,000 characters.")
    price: strawberry.Maybe[Decimal] = strawberry.field(description="The price of one, in major units, 0 or more.")
    active: strawberry.Maybe[bool] = strawberry.field(description="Whether it is for sale.")
    category_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The category it belongs to; null for none."
    )
    tax_rate: strawberry.Maybe[Decimal | None] = strawberry.field(
        description="Percent of tax in its price, 0 to 100 with two decimals; null: the shop's rate."
    )
    images: strawberry.Maybe[list[ProductImageInput]] = strawberry.field(
        description="In their order, the main one first, in place of all that there are; [] leaves none. At most 20."
    )
    expected_version: int | None = strawberry.field(
        default=UNSET, description="The `version` you read; StaleObjectError when it is another by now."
    )

    def edit(self) -> ProductEdit:
        """What the service changes."""
        category = self.category_id.value if self.category_id else None
        rate = self.tax_rate.value if self.tax_rate else None
        return ProductEdit(
            sku=self.sku.value if self.sku else None,
            name=self.name.value if self.name else None,
            slug=self.slug.value if self.slug else None,
            description=self.description.value if self.description else None,
            price=self.price.value if self.price else None,
            active=self.active.value if self.active else None,
            images=images_of(self.images),
            category_id=category_key(category),
            uncategorised=self.category_id is not None and category is None,
            tax_rate=rate,
            no_rate=self.tax_rate is not None and rate is None,
        )


@strawberry.input(description="A correction of stock.")
class AdjustStockInput:
    product_id: strawberry.ID = strawberry.field(description="Which product.")
    delta: int = strawberry.field(description="How many to add (positive) or take away (negative); not 0.")
    reason: str = strawberry.field(description="Why, for the ledger; 1 to 200 characters.")
    idempotency_key: UUID = strawberry.field(description="A fresh UUID for each correction; repeat it when you retry.")


@strawberry.input(description="What a stocktake found.")
class CountStockInput:
    product_id: strawberry.ID = strawberry.field(description="Which product.")
    counted: int = strawberry.field(
        description="How many are on the shelf, 0 to 100,000,000, with those that open orders hold (`reserved`)."
    )
    note: str = strawberry.field(description="What to say of the count in the ledger; 1 to 200 characters.")
    idempotency_key: UUID = strawberry.field(description="A fresh UUID for each count; repeat it when you retry.")


@strawberry.input(description="A new category.")
class CreateCategoryInput:
    name: str = strawberry.field(description="Unique, 1 to 100 characters.")
    slug: str | None = strawberry.field(default=UNSET, description="Made from the name when absent.")


@strawberry.input(description="Changes to a category; what is absent stays as it is.")
class UpdateCategoryInput:
    category_id: strawberry.ID = strawberry.field(description="Which category.")
    name: strawberry.Maybe[str] = strawberry.field(description="Unique, 1 to 100 characters.")
    slug: strawberry.Maybe[str] = strawberry.field(description="Letters, digits, hyphens, underscores; unique.")
    expected_version: int | None = strawberry.field(
        default=UNSET, description="The `version` you read; StaleObjectError when it is another by now."
    )


@strawberry.input(description="A category to delete.")
class DeleteCategoryInput:
    category_id: strawberry.ID = strawberry.field(description="Which category.")


def category_key(global_id: str | None) -> UUID | None:
    """The key; None only when none was given, so that the service speaks up about a wrong id."""
    return None if global_id is None else key_of(global_id, "Category")
