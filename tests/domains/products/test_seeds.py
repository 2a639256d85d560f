"""Made-up catalogues."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Sum

from domains.products import seeds
from domains.products.models import Category, Product

pytestmark = pytest.mark.django_db


def rows() -> list[Any]:
    return list(Product.objects.order_by("id").values_list("id", "sku", "name", "price", "stock", "updated_at"))


def test_the_demo_catalogue_comes_once_and_leaves_alone_what_was_changed() -> None:
    assert seeds.demo() == "120 products added, 0 were there"
    first = Product.objects.order_by("sku")[0]
    first.name, first.stock = "Edited", 1
    first.save()
    assert seeds.demo() == "0 products added, 120 were there"
    first.refresh_from_db()
    assert (first.name, first.stock) == ("Edited", 1)


@pytest.mark.django_db(transaction=True)
def test_the_catalogue_of_a_benchmark_is_the_same_each_time() -> None:
    assert seeds.bench(products=60, orders=0) == "50 categories, 60 products"
    before = rows()
    seeds.bench(products=60, orders=0)
    assert rows() == before
    assert Category.objects.count() == seeds.CATEGORIES
    for stock, booked in Product.objects.annotate(booked=Sum("movements__delta")).values_list("stock", "booked"):
        assert booked == stock
