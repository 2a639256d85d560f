"""CPU of reading columns: types declared from models, the package's stock field, and plain Strawberry types.

    python -m tests.benchmarks.bench_types

Prints microseconds of CPU for each field of a page of 100 products with 8 columns, and the ratio to plain types; the
three take turns in each round. No database is read.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import datetime
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.test")
import django

django.setup()

import strawberry  # noqa: E402
import strawberry_django  # noqa: E402
from graphql import parse  # noqa: E402
from strawberry import auto  # noqa: E402
from strawberry.schema.config import StrawberryConfig  # noqa: E402

from domains.common.graphql.scalars import SCALARS  # noqa: E402
from domains.common.graphql.types import Column  # noqa: E402
from domains.products.models import Product  # noqa: E402
from schema.execution.executor import execute  # noqa: E402

logger = logging.getLogger(__name__)
ROUNDS, RUNS, ROWS = 15, 5, 100
DOCUMENT = parse("{ products { sku slug name description stock active version createdAt } }")
FIELDS = ROWS * 8


@strawberry.type
class Plain:
    sku: str
    slug: str
    name: str
    description: str
    stock: int
    active: bool
    version: int
    created_at: datetime


class _Columns:
    sku: auto
    slug: auto
    name: auto
    description: auto
    stock: auto
    active: auto
    version: auto
    created_at: auto


def _declared(field_cls: Any) -> type:
    kind = type("Declared", (), {"__annotations__": dict(_Columns.__annotations__), "__module__": __name__})
    return strawberry_django.type(Product, field_cls=field_cls)(kind)


def _schema(kind: Any, rows: list[Product]) -> Any:
    def products() -> Any:
        return rows

    kind.is_type_of = staticmethod(lambda row, info: isinstance(row, Product))
    field: Any = strawberry.field(resolver=products, graphql_type=list[kind])
    query = strawberry.type(type("Query", (), {"products": field, "__annotations__": {}}))
    return strawberry.Schema(query, config=StrawberryConfig(scalar_map=SCALARS))._schema


def main() -> None:
    """Print the table."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout, force=True)
    rows = [Product(sku=f"S{n}", slug=f"s{n}", name=f"Product {n}", price=100, stock=n) for n in range(ROWS)]
    kinds = {
        "plain Strawberry type": Plain,
        "from the model, Column": _declared(Column),
        "from the model, stock field": _declared(strawberry_django.fields.field.StrawberryDjangoField),
    }
    schemas = {name: _schema(kind, rows) for name, kind in kinds.items()}
    spent: dict[str, list[float]] = {name: [] for name in schemas}
    for _ in range(ROUNDS):
        for name, schema in schemas.items():
            began = process_time()
            for _ in range(RUNS):
                result = execute(schema, DOCUMENT, context_value=SimpleNamespace())
            spent[name].append((process_time() - began) / RUNS / FIELDS * 1e6)
            assert result.errors is None, result.errors
    base = median(spent["plain Strawberry type"])
    for name, times in spent.items():
        logger.info("%-30s %6.2f us a field, %.2f times plain", name, median(times), median(times) / base)


if __name__ == "__main__":
    main()
