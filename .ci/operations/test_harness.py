"""The ground that the other tests stand on: a shop in production settings takes orders and tells of them."""

from __future__ import annotations

from harness import PEOPLE, Shop
from load import Load, mixed

from tests.processes import wait_until


def test_a_shop_in_production_settings_answers_a_load(shop: Shop) -> None:
    made = shop.prepare(PEOPLE, people=2, products=2)
    web = shop.web()
    with Load(web.url, mixed(made["people"], made["products"]), rate=20) as load:
        wait_until(lambda: load.report.answered["createOrder"] > 2, what="orders are placed")
    assert load.report.failures == {}
    shop.stop(web.child)
