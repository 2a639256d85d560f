"""Folded columns, filled for the rows that are there; searches read them from then on.

Safe beside a running shop of the release before, in steps that each commit: the new columns have a default, rows are
filled some at a time, indexes are built beside writes. `search` is a generated column to Django and kept by a trigger
in the database: adding a generated one writes the table anew under a lock (5.4 s for 20,000 products). It is filled
beside the old one and takes its name in one step. A product whose name the release before writes meanwhile is found
under the old one until it is saved again.
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
SEARCH = models.GeneratedField(
    expression=SearchVector("title_words", config="english", weight="A")
    + SearchVector("title_words", config="simple", weight="A")
    + SearchVector("description_words", config="english")
    + SearchVector("description_words", config="simple"),
    output_field=SearchVectorField(),
    db_persist=True,
)
VECTOR = """
    setweight(to_tsvector('english', NEW.title_words), 'A') || setweight(to_tsvector('simple', NEW.title_words), 'A')
    || to_tsvector('english', NEW.description_words) || to_tsvector('simple', NEW.description_words)
"""


def _fill_by(column: str) -> str:
    return (
        "CREATE OR REPLACE FUNCTION products_product_search() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN NEW.{column} := {VECTOR}; RETURN NEW; END$$;"
    )


NEW_SEARCH = f"""
ALTER TABLE products_product ADD COLUMN new_search tsvector;
{_fill_by("new_search")}
CREATE TRIGGER products_product_search BEFORE INSERT OR UPDATE OF title_words, description_words ON products_product
    FOR EACH ROW EXECUTE FUNCTION products_product_search();
"""
NO_SEARCH = """
DROP TRIGGER products_product_search ON products_product;
DROP FUNCTION products_product_search();
ALTER TABLE products_product DROP COLUMN new_search;
"""
TAKE_ITS_NAME = f"""
ALTER TABLE products_product DROP COLUMN search;
ALTER TABLE products_product RENAME COLUMN new_search TO search;
{_fill_by("search")}
"""
OLD = "coalesce(name, '') || ' ' || coalesce(sku, '') || ' ' || coalesce(description, '')"
GIVE_IT_BACK = f"""
ALTER TABLE products_product RENAME COLUMN search TO new_search;
{_fill_by("new_search")}
ALTER TABLE products_product ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('english', {OLD}) || to_tsvector('simple', {OLD})) STORED;
"""


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
    accepted: ClassVar[dict[str, str]] = dict.fromkeys(
        ("DROP_COLUMN", "RENAME_COLUMN"), "in one step: there is a column of this name at any moment"
    )
    dependencies: ClassVar[list[tuple[str, str]]] = [("products", "0003_texts")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("category", "name_key", _text()),
        migrations.AddField("product", "name_key", _text()),
        migrations.AddField("product", "title_words", _text()),
        migrations.AddField("product", "description_words", _text()),
        migrations.RunSQL(NEW_SEARCH, NO_SEARCH),
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
        migrations.RunSQL(
            TAKE_ITS_NAME,
            GIVE_IT_BACK,
            state_operations=[
                migrations.RemoveField("product", "search"),
                migrations.AddField("product", "search", SEARCH),
            ],
        ),
        AddIndexConcurrently("product", GinIndex(fields=["search"], name="product_search")),
        AddIndexConcurrently("category", models.Index(fields=["name_key", "id"], name="category_by_name")),
        *(AddIndexConcurrently("product", _index("by", [], sort)) for sort in SORTS),
        *(AddIndexConcurrently("product", _index("of_category_by", ["category"], sort)) for sort in SORTS),
    ]
