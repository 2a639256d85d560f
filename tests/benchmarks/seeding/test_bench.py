"""Made-up people and products for benchmarks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Sum

from domains.accounts.models import User
from domains.products.models import Category, Product
from tests.api import Api
from tests.benchmarks.seeding import catalogue, people

pytestmark = pytest.mark.django_db


def test_the_people_of_a_benchmark_are_the_same_each_time_and_cannot_sign_in(nobody: Api) -> None:
    assert people.bench() == "1000 customers"
    first = set(User.objects.values_list("id", "email"))
    people.bench()
    assert set(User.objects.values_list("id", "email")) == first
    answer = nobody.call("login", "user { name }", email="bench-0@example.com", password="!unusable")
    assert answer["__typename"] == "InvalidCredentialsError"


def rows() -> list[Any]:
    return list(Product.objects.order_by("id").values_list("id", "sku", "name", "price", "stock", "updated_at"))


@pytest.mark.django_db(transaction=True)
def test_the_catalogue_of_a_benchmark_is_the_same_each_time() -> None:
    assert catalogue.bench(60) == "50 categories, 60 products"
    before = rows()
    catalogue.bench(60)
    assert rows() == before
    assert Category.objects.count() == catalogue.CATEGORIES
    for stock, booked in Product.objects.annotate(booked=Sum("movements__delta")).values_list("stock", "booked"):
        assert booked == stock
