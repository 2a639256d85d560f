"""Orders that were placed in the past, written without the order service: for tests that only read."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from domains.accounts.models import User
from domains.orders.models import Order, OrderEvent, OrderLine
from domains.payments.models import Payment
from domains.products.models import Product
from tests.factories import ProductFactory


def make_orders(customer: User, count: int, *, lines: int = 1, status: str = "CONFIRMED") -> list[Order]:
    """So many orders, oldest first, with goods of their own."""
    goods = ProductFactory.create_batch(lines)
    return [_make(customer, goods, status, number) for number in range(count)]


def _make(customer: User, goods: list[Product], status: str, number: int) -> Order:
    pieces = number % 5 + 1
    total = sum(product.price * pieces for product in goods)
    payment = Payment.objects.create(
        payer=customer, status="AUTHORIZED", currency="GBP", amount=total, authorized=total, method="pm_card_visa"
    )
    moment = timezone.now() + timedelta(milliseconds=number)
    order = Order.objects.create(
        customer=customer, status=status, currency="GBP", total=total, payment=payment, expires_at=moment
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            product=product,
            product_name=product.name,
            sku=product.sku,
            quantity=pieces,
            currency="GBP",
            unit_price=product.price,
            total=product.price * pieces,
        )
        for position, product in enumerate(goods, start=1)
    )
    OrderEvent.objects.create(order=order, type="PLACED", message="Order placed")
    return order
