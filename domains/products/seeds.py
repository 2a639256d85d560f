"""The demo catalogue."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from domains.common.data.money import exponent
from domains.products.bulk import import_products
from domains.products.importing import read_products
from domains.products.models import Product

CATALOGUE = Path(__file__).parent / "demo" / "catalogue.csv"


def demo() -> str:
    """The demo catalogue; products that are there already are left alone, whatever was sold or edited since."""
    parsed = read_products(CATALOGUE, decimals=exponent(settings.STORE_CURRENCY))
    known = set(Product.objects.filter(sku__in=[row.sku for row in parsed.rows]).values_list("sku", flat=True))
    missing = [row for row in parsed.rows if row.sku not in known]
    missing.sort(key=lambda row: row.sku.rpartition("-")[2])  # categories take turns: the first page shows several
    result = import_products(rows=missing)
    return f"{result.created} products added, {len(known)} were there"
