"""Promise: an order whose payment provider does not answer is decided as soon as it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from domains.orders.models import Order
from tests.domains.orders.shop import DATABASES, assert_stock_agrees
from tests.factories import ProductFactory, UserFactory
from tests.processes import Stack, wait_until
from tests.promises.shoppers import Shopper

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def test_a_provider_that_answers_late_confirms_the_order(tmp_path: Path) -> None:
    product = ProductFactory.create(stock=5)
    (tmp_path / "mails").mkdir()
    with Stack(tmp_path / "mails", PAYMENT_GATEWAY_TIMEOUT="1") as stack:
        stack.start("web", "worker", "relay")
        shopper = Shopper(stack.url, UserFactory.create())
        assert shopper.buy(product, method="pm_sandbox_timeout")["__typename"] == "PaymentPendingError"
        wait_until(lambda: Order.objects.get().status == "CONFIRMED", what="the order is confirmed", seconds=30)
    assert_stock_agrees(product, stock=4)
