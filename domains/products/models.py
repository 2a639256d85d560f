"""The catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from domains.common.data.folding import FoldedField, FoldedModel, FoldedQuerySet, folded, identity, searchable
from domains.common.data.models import BaseModel
from domains.common.viewer import Viewer
from domains.products.images import Stored

KEY_CHARACTERS = 200  # of a sort key
# What `title_words` has of the name. Both releases write the key beside it, and for ranking it is near enough.
NAME_WORDS = models.Func(
    "name_key",
    models.Value(r"[!-/:-@\[-`{-~]+"),
    models.Value(" "),
    models.Value("g"),
    function="regexp_replace",
    output_field=models.TextField(),
)


def unique_key(text: str) -> str:
    """By which SKUs and names that look alike are one."""
    return identity(text)[:KEY_CHARACTERS]


class CategoryQuerySet(FoldedQuerySet["Category"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Categories are public, until they are deleted."""
        return self.filter(deleted=False)


class Category(FoldedModel):
    """A group of products; each product belongs to at most one."""

    name = models.CharField(max_length=100, unique=True, help_text="What it is called, unique, 1 to 100 characters.")
    slug = models.SlugField(max_length=120, unique=True, help_text="Its name in URLs, unique.")
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Raised by each edit, from 1.")
    deleted = models.BooleanField(default=False, db_default=False, help_text="hidden, until its products have left it")
    name_key = FoldedField(of=["name"], fold=folded, most=KEY_CHARACTERS)
    # null where the release before wrote the row; the stubs want to hear of that
    unique_key = FoldedField(of=["name"], fold=unique_key, null=True)  # type: ignore[misc]

    unique_by: ClassVar[dict[str, Callable[[str], str]]] = {"name": identity, "slug": identity}
    objects: ClassVar[models.Manager[Category]] = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unique_key"], name="category_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["name_key", "id"], name="category_by_name"),
            models.Index(fields=["id"], condition=Q(deleted=True), name="category_deleted"),
        ]


class ProductQuerySet(FoldedQuerySet["Product"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Active products; staff see all."""
        return self if viewer.is_staff else self.filter(active=True)


_FILTERS = ["active", "in_stock", "category", "price", "created_at"]


def _list_indexes() -> list[models.Index]:
    """Each sort of all products, and of one category's, then all that a filter asks for.

    A row that a filter leaves out is then left out in the index, without a look at the table: the worst page of a
    million products reads an index to its end, in a tenth of a second. `in_stock` and not `stock` is indexed: a sale
    must stay a heap-only update.
    """
    leading: dict[str, list[str]] = {"by": [], "of_category_by": ["category"]}
    return [
        models.Index(
            fields=[*columns, sort, "id", *(name for name in _FILTERS if name not in (*columns, sort))],
            name=f"product_{name}_{sort}"[:30],
        )
        for name, columns in leading.items()
        for sort in ("created_at", "price", "name_key")
    ]


class Product(FoldedModel):
    """Something for sale. `price` is in minor units (pence) of the store's currency."""

    sku = models.CharField(
        max_length=64, unique=True, help_text="Stock keeping unit, unique in the shop, at most 64 characters."
    )
    slug = models.SlugField(max_length=220, unique=True, help_text="Its name in URLs, unique in the shop.")
    name = models.CharField(max_length=200, help_text="What it is called, 1 to 200 characters.")
    description = models.TextField(default="", help_text="What to know before buying it; plain text, may be empty.")
    price = models.BigIntegerField(help_text="Minor units of the store's currency.")
    stock = models.IntegerField(default=0, help_text="How many can be ordered now, 0 or more.")
    reserved = models.IntegerField(
        default=0, db_default=0, help_text="of orders that are not sent yet; moved by `stock`"
    )
    tax_rate: models.DecimalField[Any, Any] = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, help_text="percent of tax in its price; null: STORE_TAX_RATE"
    )
    active = models.BooleanField(default=True, help_text="Whether it is for sale.")
    images: models.JSONField[Any, list[Stored]] = models.JSONField(
        default=list, db_default=[], help_text="in their order; see `images`"
    )
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="products", db_index=False)
    version = models.PositiveIntegerField(default=1, help_text="Raised by each edit, not by movements of stock.")
    in_stock = models.GeneratedField(
        expression=Q(stock__gt=0),  # type: ignore[arg-type]  # the stubs know no Q here
        output_field=models.BooleanField(),
        db_persist=True,
    )
    unique_key = FoldedField(of=["sku"], fold=unique_key, null=True)  # type: ignore[misc]
    name_key = FoldedField(of=["name"], fold=folded, most=KEY_CHARACTERS)
    title_words = FoldedField(of=["name", "sku"], fold=searchable)
    description_words = FoldedField(of=["description"], fold=searchable)
    search = models.GeneratedField(
        # words by their stem, and as they are written: what somebody is still typing has no stem yet. In the database
        # a trigger fills it: a generated column is made, and changed, under a lock for as long as that takes
        expression=SearchVector(NAME_WORDS, config="english", weight="A")
        + SearchVector(NAME_WORDS, config="simple", weight="A")
        + SearchVector("title_words", config="english", weight="B")
        + SearchVector("title_words", config="simple", weight="B")
        + SearchVector("description_words", config="english")
        + SearchVector("description_words", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    unique_by: ClassVar[dict[str, Callable[[str], str]]] = {"sku": identity, "slug": identity}
    objects: ClassVar[models.Manager[Product]] = ProductQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unique_key"], name="product_once"),
            models.CheckConstraint(condition=Q(stock__gte=0), name="product_stock_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="product_reserved_not_negative"),
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=Q(tax_rate__range=(0, 100)), name="product_tax_rate_in_percent"),
        ]
        indexes: ClassVar[list[models.Index]] = [*_list_indexes(), GinIndex(fields=["search"], name="product_search")]


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """For staff alone."""
        return self if viewer.is_staff else self.none()


class StockMovement(BaseModel):
    """The ledger: one row for every change of stock, and for every count. The sum of a product's rows is its stock."""

    class Reason(models.TextChoices):
        INITIAL = "INITIAL", "The first stock of a new product."
        ADJUSTMENT = "ADJUSTMENT", "Staff corrected the stock by so many (`adjustStock`)."
        COUNT = "COUNT", "Staff counted the shelf (`countStock`); 0 when the stock was right."
        IMPORT = "IMPORT", "A file of products said how many there are."
        ORDER = "ORDER", "An order took it."
        CANCELLATION = "CANCELLATION", "A cancelled or expired order put it back."
        RETURN = "RETURN", "It came back of an order that was sent, and is for sale again."

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements", db_index=False)
    delta = models.IntegerField(help_text="How many were added to `Product.stock`; negative: taken away.")
    reason = models.CharField(max_length=16, choices=Reason.choices, help_text="Why it moved.")
    note = models.CharField(max_length=200, default="", help_text="What staff wrote about it; may be empty.")
    reference = models.UUIDField(null=True, help_text="the order, or the idempotency key of what staff did")

    objects: ClassVar[models.Manager[StockMovement]] = StockMovementQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["reference"], name="movement_by_reference"),
            models.Index(fields=["product", "created_at", "id"], name="movement_by_product"),
        ]
