"""Words of a name weigh more than those of a SKU, so that searches can be ranked.

Safe beside a running shop: the trigger that fills `search` writes the new weights from now on, then rows are written
anew some at a time. What a search finds is the same before, meanwhile and after; ranks are right when it is done.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from domains.common.data.filling import fill

PUNCTUATION = r"[!-/:-@\[-`{-~]+"
NAME_WORDS = models.Func(
    "name_key",
    models.Value(PUNCTUATION),
    models.Value(" "),
    models.Value("g"),
    function="regexp_replace",
    output_field=models.TextField(),
)
SEARCH = models.GeneratedField(
    expression=SearchVector(NAME_WORDS, config="english", weight="A")
    + SearchVector(NAME_WORDS, config="simple", weight="A")
    + SearchVector("title_words", config="english", weight="B")
    + SearchVector("title_words", config="simple", weight="B")
    + SearchVector("description_words", config="english")
    + SearchVector("description_words", config="simple"),
    output_field=SearchVectorField(),
    db_persist=True,
)


def _vector(*weighted: tuple[str, str]) -> str:
    parts = (
        f"setweight(to_tsvector('{config}', {words}), '{weight}')"
        for words, weight in weighted
        for config in ("english", "simple")
    )
    return " || ".join(parts)


def _filled_by(vector: str) -> str:
    return (
        "CREATE OR REPLACE FUNCTION products_product_search() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN NEW.search := {vector}; RETURN NEW; END$$;"
    )


NAME = f"regexp_replace(NEW.name_key, '{PUNCTUATION}', ' ', 'g')"
RANKED = _filled_by(_vector((NAME, "A"), ("NEW.title_words", "B"), ("NEW.description_words", "D")))
EARLIER = _filled_by(_vector(("NEW.title_words", "A"), ("NEW.description_words", "D")))


def write_anew(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """All rows, as they are: the trigger does the rest."""
    fill(apps.get_model("products", "Product"), {"title_words": lambda row: str(row.title_words)})


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("products", "0009_stock_movements")]

    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(RANKED, EARLIER, state_operations=[migrations.AlterField("product", "search", SEARCH)]),
        migrations.RunPython(write_anew, migrations.RunPython.noop),
    ]
