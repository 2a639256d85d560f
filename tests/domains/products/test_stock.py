"""Stock is what the ledger adds up to, and never less than nothing."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from domains.common.data.models import new_id
from domains.common.data.transactions import TryAgain, retried, short_transaction
from domains.products import stock
from domains.products.models import Product, StockMovement
from domains.products.stock import OutOfStock
from tests.domains.common.together import elsewhere, together
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


@retried
def take(quantities: dict[UUID, int]) -> str:
    """What a buyer hears."""
    try:
        with short_transaction():
            stock.take(quantities, order_id=new_id())
    except OutOfStock as refusal:
        return f"{[*refusal.short.values()]} left"
    return "sold"


def assert_ledgers_agree() -> None:
    for kept, booked in Product.objects.annotate(booked=Sum("movements__delta")).values_list("stock", "booked"):
        assert booked == kept


def test_pieces_are_sold_and_put_back(customer: object) -> None:
    one, other = ProductFactory.create_batch(2, stock=10)
    order_id = new_id()
    stock.take({one.id: 3, other.id: 10}, order_id=order_id)
    assert set(Product.objects.values_list("stock", flat=True)) == {7, 0}
    stock.put_back({one.id: 3, other.id: 10}, order_id=order_id)
    assert set(Product.objects.values_list("stock", flat=True)) == {10}
    reasons = StockMovement.objects.filter(reference=order_id).values_list("reason", "delta")
    assert sorted(reasons) == [("CANCELLATION", 3), ("CANCELLATION", 10), ("ORDER", -10), ("ORDER", -3)]
    assert_ledgers_agree()


def test_an_order_that_lacks_one_product_takes_none() -> None:
    plenty, few = ProductFactory.create(stock=10), ProductFactory.create(stock=1)
    assert take({plenty.id: 1, few.id: 2}) == "[1] left"
    assert list(Product.objects.order_by("id").values_list("stock", flat=True)) == [10, 1]
    assert_ledgers_agree()


def test_what_is_not_for_sale_is_not_sold_and_may_be_put_back() -> None:
    product = ProductFactory.create(active=False)
    assert take({product.id: 1}) == "[None] left"
    stock.put_back({product.id: 1}, order_id=new_id())
    assert Product.objects.get().stock == 11


def test_pieces_that_came_back_meanwhile_are_worth_another_try() -> None:
    product = ProductFactory.create(stock=5)
    assert isinstance(stock._refusal({product.id: 5}), TryAgain)
    assert isinstance(stock._refusal({product.id: 6}), OutOfStock)


def test_after_any_mix_of_movements_the_ledger_agrees() -> None:
    products = ProductFactory.create_batch(3, stock=10)
    ids = [product.id for product in products]
    for number in range(12):
        take({ids[number % 3]: number, ids[(number + 1) % 3]: 1})
        stock.adjust(ids[number % 3], (-1) ** number * number)
        stock.put_back({ids[number % 3]: 1}, order_id=new_id())
    assert all(product.stock >= 0 for product in Product.objects.all())
    assert_ledgers_agree()


def test_the_database_itself_refuses_stock_below_zero() -> None:
    ProductFactory.create(stock=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.update(stock=-1)


@pytest.mark.django_db(transaction=True)
def test_two_buyers_never_share_the_last_unit() -> None:
    product = ProductFactory.create(stock=1)
    assert sorted(together(*[partial(take, {product.id: 1})] * 2)) == ["[0] left", "sold"]
    assert elsewhere(lambda: Product.objects.get().stock) == 0
    assert_ledgers_agree()


@pytest.mark.django_db(transaction=True)
def test_carts_in_opposite_order_all_get_through() -> None:
    first, second = (product.id for product in ProductFactory.create_batch(2, stock=100))
    carts = [{first: 1, second: 1}, {second: 1, first: 1}] * 4
    assert together(*[partial(take, cart) for cart in carts]) == ["sold"] * 8
    assert set(Product.objects.values_list("stock", flat=True)) == {92}
    assert_ledgers_agree()
