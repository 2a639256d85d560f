"""Folded columns, filled for the rows that are there; searches read them from then on.

Safe beside a running shop of the release before, in steps that each commit: the new columns have a default, rows are
filled some at a time, indexes are built beside writes. One step locks the table while it is written anew, because a
generated column cannot be added otherwise: about a minute for 1,000,000 products on two busy cores. A product whose
name the release before writes meanwhile is found under the old one until it is saved again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from domains.common.data.filling import fill
from domains.common.data.folding import folded, searchable

Fold = Callable[[Any], str]
CATEGORY: dict[str, Fold] = {"name_key": lambda row: folded(row.name)[:200]}
PRODUCT: dict[str, Fold] = {
    **CATEGORY,
    "title_words": lambda row: searchable(f"{row.name} {row.sku}"),
    "description_words": lambda row: searchable(row.description),
}
FILTERS = ["active", "in_stock", "category", "price", "created_at"]
SORTS = ("created_at", "price", "name_key")
DOCUMENT = (
    SearchVector("title_words", config="english", weight="A")
    + SearchVector("title_words", config="simple", weight="A")
    + SearchVector("description_words", config="english")
    + SearchVector("description_words", config="simple")
)


def fold_all(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fold the texts of all rows."""
    fill(apps.get_model("products", "Category"), CATEGORY)
    fill(apps.get_model("products", "Product"), PRODUCT)


def _text() -> models.TextField:
    return models.TextField(default="", db_default="", editable=False)


def _index(name: str, leading: list[str], sort: str) -> models.Index:
    columns = [*leading, sort, "id"]
    return models.Index(
        fields=[*columns, *(column for column in FILTERS if column not in columns)], name=f"product_{name}_{sort}"[:30]
    )


class Migration(migrations.Migration):
    atomic = False
    accepted: ClassVar[dict[str, str]] = {"DROP_COLUMN": "made anew in the next step, under the same name"}
    dependencies: ClassVar[list[tuple[str, str]]] = [("products", "0003_texts")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("category", "name_key", _text()),
        migrations.AddField("product", "name_key", _text()),
        migrations.AddField("product", "title_words", _text()),
        migrations.AddField("product", "description_words", _text()),
        migrations.RunPython(fold_all, migrations.RunPython.noop),
        *(
            RemoveIndexConcurrently("product", name)
            for name in (
                "product_search",
                "product_in_all_created_at",
                "product_in_all_price",
                "product_in_all_name",
                "product_in_category_created_at",
                "product_in_category_price",
                "product_in_category_name",
            )
        ),
        migrations.RemoveField("product", "search"),
        migrations.AddField(
            "product",
            "search",
            models.GeneratedField(expression=DOCUMENT, output_field=SearchVectorField(), db_persist=True),
        ),
        AddIndexConcurrently("category", models.Index(fields=["name_key", "id"], name="category_by_name")),
        *(AddIndexConcurrently("product", _index("by", [], sort)) for sort in SORTS),
        *(AddIndexConcurrently("product", _index("of_category_by", ["category"], sort)) for sort in SORTS),
        AddIndexConcurrently("product", GinIndex(fields=["search"], name="product_search")),
    ]
