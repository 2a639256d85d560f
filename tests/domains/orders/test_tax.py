"""Tax inside prices: each line on its own, as it was at the moment of ordering."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from domains.products.models import Product
from tests.api import Api, gid
from tests.domains.orders.shop import DATABASES, buy
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

AMOUNTS = """subtotal { amount } tax { amount } total { amount } lines { total { amount } taxRate tax { amount } }"""
TAXED = {
    "subtotal": {"amount": "12.02"},
    "tax": {"amount": "1.26"},
    "total": {"amount": "12.02"},
    "lines": [
        {"total": {"amount": "0.03"}, "taxRate": "20.00", "tax": {"amount": "0.01"}},
        {"total": {"amount": "0.03"}, "taxRate": "20.00", "tax": {"amount": "0.01"}},
        {"total": {"amount": "9.98"}, "taxRate": "14.20", "tax": {"amount": "1.24"}},
        {"total": {"amount": "1.98"}, "taxRate": "0.00", "tax": {"amount": "0.00"}},
    ],
}


def listed(api: Api) -> Any:
    return api.data(f"{{ orders {{ nodes {{ {AMOUNTS} }} }} }}")["orders"]["nodes"][0]


def test_the_tax_of_each_line_is_rounded_half_up_and_the_orders_is_their_sum(api: Api, settings: Settings) -> None:
    settings.STORE_TAX_RATE = Decimal("20.00")
    prices = [(3, None), (3, None), (499, Decimal("14.2")), (99, Decimal(0))]
    products = [ProductFactory.create(price=price, tax_rate=rate) for price, rate in prices]
    id_ = buy(api, zip(products, (1, 1, 2, 2), strict=True))["order"]["id"]
    Product.objects.update(tax_rate=99)
    settings.STORE_TAX_RATE = Decimal("7.00")
    # read level by level, and written by PostgreSQL
    assert api.data(f"query ($id: ID!) {{ order(id: $id) {{ {AMOUNTS} }} }}", {"id": id_})["order"] == TAXED
    assert listed(api) == TAXED


def test_the_answer_of_create_order_has_the_amounts_too(api: Api) -> None:
    product = ProductFactory.create(price=120, tax_rate=20)
    answer = api.call(
        "createOrder",
        f"order {{ {AMOUNTS} lines {{ product {{ taxRate }} }} }}",
        lines=[{"productId": gid(product), "quantity": 1}],
        paymentMethod="pm_card_visa",
        idempotencyKey="0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f",
    )["order"]
    assert (answer["tax"], answer["total"], answer["subtotal"]) == ({"amount": "0.20"}, *[{"amount": "1.20"}] * 2)
    assert (answer["lines"][0]["taxRate"], answer["lines"][0]["product"]) == ("20.00", {"taxRate": "20.00"})
