"""SKUs, slugs and names of categories are one when they look alike: see `identity`. Slugs are kept in small letters.

With twins in the shop it changes nothing, names them and stops; `manage.py list_twins` shows them before. Safe beside
a running shop of the release before: its rows have no key, and are held to the older rule, until they are saved again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from domains.common.data.filling import fill, refuse_twins
from domains.common.data.folding import identity

NAMES = {"Category": "name", "Product": "sku"}


def refuse(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Stop when there are twins."""
    for model, column in NAMES.items():
        refuse_twins(apps.get_model("products", model), {column: identity, "slug": identity})


def write_keys(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Of all rows."""
    fill(apps.get_model("products", "Category"), {"unique_key": lambda row: identity(row.name)[:200]})
    fill(apps.get_model("products", "Product"), {"unique_key": lambda row: identity(row.sku)[:200]})


def small_letters(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """In slugs that have others."""
    for model in NAMES:
        for row in apps.get_model("products", model).objects.filter(slug__regex="[A-Z]").only("slug"):
            row.slug = row.slug.lower()
            row.save(update_fields=["slug"])


def _once(model: str) -> Iterator[Operation]:
    """Its index is built beside writes."""
    table, name = f"products_{model}", f"{model}_once"
    yield migrations.RunSQL(
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} (unique_key)", f"DROP INDEX IF EXISTS {name}"
    )
    constraint = migrations.AddConstraint(model, models.UniqueConstraint(fields=["unique_key"], name=name))
    statement = f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
    yield migrations.RunSQL(statement, f"ALTER TABLE {table} DROP CONSTRAINT {name}", state_operations=[constraint])


class Migration(migrations.Migration):
    atomic = False
    accepted: ClassVar[dict[str, str]] = {
        "ADD_UNIQUE": "rows of the release before have no key; equal names it refuses"
    }
    dependencies: ClassVar[list[tuple[str, str]]] = [("products", "0005_reserved")]

    operations: ClassVar[list[Operation]] = [
        migrations.RunPython(refuse, migrations.RunPython.noop),
        *(
            migrations.AddField(model, "unique_key", models.TextField(editable=False, null=True))
            for model in ("category", "product")
        ),
        migrations.RunPython(write_keys, migrations.RunPython.noop),
        migrations.RunPython(small_letters, migrations.RunPython.noop),
        *_once("category"),
        *_once("product"),
    ]
