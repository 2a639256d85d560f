"""The demo catalogue."""

from __future__ import annotations

import pytest

from domains.products import seeds
from domains.products.models import Product

pytestmark = pytest.mark.django_db


def test_the_demo_catalogue_comes_once_and_leaves_alone_what_was_changed() -> None:
    assert seeds.demo() == "120 products added, 0 were there"
    first = Product.objects.order_by("sku")[0]
    first.name, first.stock = "Edited", 1
    first.save()
    assert seeds.demo() == "0 products added, 120 were there"
    first.refresh_from_db()
    assert (first.name, first.stock) == ("Edited", 1)
